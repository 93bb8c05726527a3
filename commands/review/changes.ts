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
  const changes = steps.flatMap((step) => (TELL[step.token ?? ""] ?? other)(step, known));
  const rank = ({ kind }: Change): number => (kind === "other" ? 1 : 0);
  return changes.sort((one, next) => rank(one) - rank(next) || compare(one.whom, next.whom));
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
  if (op === "update") return [{ ...gets, kind: "settings", what: settings(step) }];
  return [...(op === "replace" ? [gets] : []), gone(step, certificateIn(before, known))];
}

const hasKey = ({ pkcs12, privateKey }: Properties): boolean => pkcs12 !== undefined || privateKey !== undefined;

const settings = ({ diffs }: Step): string =>
  diffs.length === 0 ? "other settings, nothing in Gmail" : `other settings (${diffs.join(", ")}), nothing in Gmail`;

/** As SmimeCertificate's onDelete says: what was adopted stays unless told otherwise. */
function gone(step: Step, certificate: Certificate): Change {
  const { adopted, onDelete } = step.before;
  const stays = onDelete === "retain" || (adopted === true && onDelete !== "delete");
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

/** The lines that differ, a change each. */
function fleet(step: Step, known: Known): Change[] {
  const [before, after] = [rowsIn(step.before, known), rowsIn(step.after, known)];
  const gets = [...after].flatMap(([key, placed]) => {
    const old = before.get(key);
    if (old?.certificate.fingerprint === placed.certificate.fingerprint && old !== undefined) return [];
    return [rowChange(step, placed, "gets", old ? "gets, beside the one before" : "gets")];
  });
  const loses = [...before].flatMap(([key, placed]) => {
    if (after.has(key) && step.op !== "delete") return [];
    const what = "**loses**: its row is gone, and with it the key in Gmail unless it was adopted or onDelete is retain";
    return [rowChange(step, placed, "loses", what)];
  });
  if (step.op === "delete") return loses;
  const all = [...gets, ...loses];
  return all.length > 0
    ? all
    : [{ ...about(step), whom: step.name, kind: "settings", what: "does what is left to do" }];
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
