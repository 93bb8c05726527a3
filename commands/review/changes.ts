/** What a preview would change, told by mailbox: which certificate it gets, loses and signs with. */
import { rowKey, parseRows, type Row } from "../../provider/fleet/rows";
import { parseLeaves } from "../../provider/fleet/leaves";
import type { CheckedLeaf } from "../../provider/google/observer";
import { describeAddress, parseSmimeInfoId } from "../../provider/resources/address";
import type { DeclaredCertificate } from "../inventory/declared";
import type { Properties, Step } from "../stack/preview";

/** A certificate as far as the preview knows it. */
export interface Certificate {
  /** SHA-256 of the leaf, upper-case hex. */
  readonly fingerprint?: string;
  readonly subject?: string;
  readonly issuerCn?: string;
  /** RFC 3339. */
  readonly notBefore?: string;
  readonly expiration?: string;
}

export interface Change {
  /** An address, a domain, or a resource of another package. */
  readonly whom: string;
  readonly kind: "gets" | "loses" | "keeps" | "signs" | "settings" | "auditKey" | "other";
  /** A few words: what happens. */
  readonly what: string;
  readonly certificate?: Certificate;
  /** The name in the program, and Pulumi's word for the step. */
  readonly resource: string;
  readonly op: string;
}

export interface Known {
  /** What Check has read, by fingerprint. */
  readonly leaves: ReadonlyMap<string, CheckedLeaf>;
  /** What the stack holds already. */
  readonly held: readonly DeclaredCertificate[];
}

/** By mailbox; resources of other packages last. */
export function changesOf(steps: readonly Step[], known: Known): Change[] {
  const changes = renamed(
    steps.flatMap((step) => (TELL[step.token ?? ""] ?? other)(step, known)),
    steps,
    known,
  );
  const rank = ({ kind }: Change): number => (kind === "other" ? 1 : 0);
  return changes.sort((one, next) => rank(one) - rank(next) || compare(one.whom, next.whom));
}

/** What goes under one name and comes, or stays, under another is not lost: create adopts it, and delete leaves it. */
function renamed(changes: readonly Change[], steps: readonly Step[], { held }: Known): Change[] {
  const touched = new Set(steps.map(({ urn }) => urn));
  const keyOf = ({ whom, certificate }: Pick<Change, "whom" | "certificate">): string =>
    `${whom} ${certificate?.fingerprint ?? "unknown"}`;
  const heldKey = (one: DeclaredCertificate): string => keyOf({ whom: describeAddress(one), certificate: one });
  const there = new Set(held.map(heldKey));
  const staying = new Set([
    ...changes.filter(({ kind }) => kind === "gets").map(keyOf),
    ...held.filter(({ owner }) => !touched.has(owner.urn)).map(heldKey),
  ]);
  return changes.map((change): Change => {
    const isKnown = change.certificate?.fingerprint !== undefined;
    if (isKnown && change.kind === "loses" && staying.has(keyOf(change)))
      return { ...change, kind: "keeps", what: "goes on under another name in the program: nothing is deleted" };
    if (isKnown && change.kind === "gets" && there.has(keyOf(change)))
      return {
        ...change,
        kind: "keeps",
        what: "has it already, under another name in the program: nothing is uploaded",
      };
    return change;
  });
}

const compare = (one: string, next: string): number => (one < next ? -1 : one > next ? 1 : 0);

const TELL: Readonly<Record<string, (step: Step, known: Known) => Change[]>> = {
  SmimeCertificate: certificate,
  DefaultSmimeCertificate: signing,
  SmimeFleet: fleet,
  AuditPublicKey: auditKey,
};

function other(step: Step): Change[] {
  if (step.type === "pulumi:pulumi:Stack" || step.token !== undefined) return [];
  return [{ ...about(step), whom: step.name, kind: "other", what: `${step.op} ${step.type}` }];
}

const about = ({ name, op }: Step): Pick<Change, "resource" | "op"> => ({ resource: name, op });

/** What the engine puts for a value that is not known yet (sdk/go/common/resource/plugin: UnknownStringValue). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && value !== UNKNOWN && value !== "[secret]" ? value : undefined;

function whomOf(properties: Properties): string {
  const userId = text(properties["userId"]);
  const sendAsEmail = text(properties["sendAsEmail"]) ?? userId;
  if (userId === undefined || sendAsEmail === undefined) return "an address not yet known";
  return describeAddress({ userId, sendAsEmail });
}

const FACTS = ["fingerprint", "subject", "issuerCn", "notBefore", "expiration"] as const;

/** From what Check read, or else from what the resource says itself. */
function certificateIn(properties: Properties, { leaves }: Known): Certificate {
  const fingerprint = text(properties["fingerprint"]);
  const leaf = leaves.get(fingerprint ?? "");
  if (leaf) return leaf;
  const found = FACTS.flatMap((name) => {
    const value = text(properties[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

function certificate(step: Step, known: Known): Change[] {
  const { op, before, after } = step;
  const gets: Change = {
    ...about(step),
    whom: whomOf(after),
    kind: "gets",
    what: hasKey(after) ? "gets" : "adopts what is there already",
    certificate: certificateIn(after, known),
  };
  if (op === "create" || op === "import") return [gets];
  if (op === "replace" && gets.certificate?.fingerprint === undefined) return [perhaps(gets, step, known)];
  if (op === "update") return [{ ...gets, kind: "settings", what: settings(step) }];
  return [...(op === "replace" ? [gets] : []), gone(step, certificateIn(before, known))];
}

/** The engine calls it a replacement as long as it cannot tell: another resource's output, say. */
const perhaps = (gets: Change, { before }: Step, known: Known): Change => ({
  ...gets,
  kind: "settings",
  what: "may get another certificate, and lose this one's key: which it is, the update will know",
  certificate: certificateIn(before, known),
});

const hasKey = ({ pkcs12, privateKey }: Properties): boolean => pkcs12 !== undefined || privateKey !== undefined;

const settings = ({ diffs }: Step): string =>
  diffs.length === 0 ? "other settings, nothing in Gmail" : `other settings (${diffs.join(", ")}), nothing in Gmail`;

/** As SmimeCertificate's onDelete says: what was adopted stays unless told otherwise. */
function gone(step: Step, certificate: Certificate): Change {
  const { adopted, onDelete } = step.before;
  const stays = step.isRetained || onDelete === "retain" || (adopted === true && onDelete !== "delete");
  const what = stays
    ? "no longer declared, and left in Gmail"
    : "**loses**: its key is deleted from Gmail, and old mail encrypted to it can no longer be read there";
  return { ...about(step), whom: whomOf(step.before), kind: stays ? "keeps" : "loses", what, certificate };
}

function signing(step: Step, known: Known): Change[] {
  const { op, before, after } = step;
  const change = { ...about(step), kind: "signs" as const };
  if (op === "delete") {
    const what =
      before["onDelete"] === "retain"
        ? "goes on signing with what it signs with"
        : "signs with what it did before, if that is still there";
    return [{ ...change, whom: whomOf(before), what }];
  }
  const id = wantedId(after);
  const held = known.held.find(({ certificateId }) => certificateId === id);
  const what = after["choose"] === undefined ? "signs with" : "signs with the one that expires last";
  const certificate = held ?? (id === undefined ? undefined : {});
  const name = id === undefined ? " the certificate that this update uploads" : held ? "" : ` certificate ${id}`;
  return [
    {
      ...change,
      whom: whomOf(after),
      what: `${what}${after["choose"] === undefined ? name : ""}`,
      ...(certificate && { certificate }),
    },
  ];
}

function wantedId({ certificateId, choose }: Properties): string | undefined {
  const id = choose === undefined ? text(certificateId) : undefined;
  return id === undefined ? undefined : (parseSmimeInfoId(id)?.certificateId ?? id);
}

function auditKey(step: Step): Change[] {
  const { op, before, after } = step;
  const [properties, what] =
    op === "delete"
      ? [before, "no longer declared; Google goes on encrypting exports to it, for it cannot be removed"]
      : [after, "encrypts mailbox exports from now on with"];
  const fingerprint = text(properties["fingerprint"]);
  const key = fingerprint === undefined ? "another OpenPGP key" : `OpenPGP key ${fingerprint}`;
  const whom = text(properties["domain"]) ?? "a domain not yet known";
  return [{ ...about(step), whom, kind: "auditKey", what: op === "delete" ? what : `${what} ${key}` }];
}

interface Placed {
  readonly row: Row;
  readonly certificate: Certificate;
}

/** The lines that differ: what each gets and, where a key goes with it, what it loses. */
function fleet(step: Step, known: Known): Change[] {
  const { op, before: held, after: wanted } = step;
  const [before, after] = [rowsIn(held, known), op === "delete" ? new Map<string, Placed>() : rowsIn(wanted, known)];
  const isSame = (placed: Placed, other: Placed | undefined): boolean =>
    other !== undefined && placed.certificate.fingerprint === other.certificate.fingerprint;
  const fresh = [...after].filter(([key, placed]) => !isSame(placed, before.get(key)));
  const leaving = [...before].filter(([key, placed]) => !isSame(placed, after.get(key)));
  const all = [
    ...fresh.map(([key, placed]) => rowChange(step, placed, "gets", getsOf(wanted, before.has(key)))),
    ...leaving.flatMap(([key, placed]) => {
      const fate = fateOf(step, after.has(key));
      return fate ? [rowChange(step, placed, ...fate)] : [];
    }),
  ];
  if (all.length > 0 || op === "delete") return all;
  return [{ ...about(step), whom: step.name, kind: "settings", what: "does what is left to do" }];
}

const getsOf = ({ choose, previous }: Properties, isRenewal: boolean): string => {
  const beside = isRenewal && previous !== "delete" ? ", beside the one before" : "";
  return `gets${beside}${choose === "none" ? "" : ", and signs with it if it expires last"}`;
};

/** By the fleet's own rules: a lost row's certificate goes, an earlier file's only where `previous` says delete. */
function fateOf({ op, before, after }: Step, hasRow: boolean): [Change["kind"], string] | undefined {
  const { onDelete, previous } = op === "delete" ? before : after;
  if (hasRow && previous !== "delete") return undefined;
  if (onDelete === "retain") return ["keeps", "no longer declared, and left in Gmail"];
  const unless = onDelete === "delete" ? "" : ", unless it was there before the fleet";
  const why = hasRow ? "its file is another, and previous is delete" : "its row is gone";
  return ["loses", `**loses**: ${why}, so its key is deleted from Gmail${unless}`];
}

const rowChange = (step: Step, { row, certificate }: Placed, kind: Change["kind"], what: string): Change => ({
  resource: row.name === "" ? step.name : `${step.name}, row ${row.name}`,
  op: step.op,
  whom: describeAddress({ userId: row.user, sendAsEmail: row.sendAs }),
  kind,
  what,
  certificate,
});

function rowsIn({ rows: lines, leaves }: Properties, known: Known): Map<string, Placed> {
  const facts = parseLeaves(text(leaves) ?? "");
  const { rows } = parseRows(text(lines) ?? "");
  return new Map(
    rows.map((row, index) => {
      const leaf = facts[index];
      return [rowKey(row), { row, certificate: known.leaves.get(leaf?.fingerprint ?? "") ?? leaf ?? {} }];
    }),
  );
}
