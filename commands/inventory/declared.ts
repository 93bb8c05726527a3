/** What a stack has put at Google, as its state says: certificates by address, the default of an address, audit keys. */
import { parseHeld } from "../../provider/fleet/held";
import { linesOf } from "../../provider/fleet/rows";
import { renewalDueAt } from "../../provider/keys/certificate";
import { parseSmimeInfoId } from "../../provider/resources/address";
import type { StackState, StateResource } from "../stack/state";

/** The resource that a thing at Google is of. */
export type Owner = Pick<StateResource, "urn" | "name" | "token" | "since">;

/** As far as they are known: the state may keep some encrypted, and of a fleet's row it has few. */
export interface Facts {
  /** SHA-256 of the leaf, upper-case hex. */
  readonly fingerprint?: string;
  readonly subject?: string;
  readonly issuerCn?: string;
  readonly serialNumber?: string;
  /** RFC 3339, as all times here. */
  readonly notBefore?: string;
  readonly expiration?: string;
  readonly renewalDueAt?: string;
}

export interface DeclaredCertificate extends Facts {
  readonly owner: Owner;
  readonly userId: string;
  readonly sendAsEmail: string;
  readonly certificateId: string;
  /** Of a file that a fleet's row had before. */
  readonly isEarlier: boolean;
  /** False where only the certificate is declared: without its key it cannot be put there again. */
  readonly hasKey: boolean;
  /** False where expiryPolicy is ignore: it may expire. */
  readonly isWatched: boolean;
  /** Replaced or removed by the program, and not deleted yet. */
  readonly isGoing: boolean;
}

export interface DeclaredDefault {
  readonly owner: Owner;
  readonly userId: string;
  readonly sendAsEmail: string;
  readonly certificateId: string;
}

export interface AuditKey {
  readonly owner: Owner;
  readonly domain: string;
  readonly fingerprint: string;
  readonly bits?: number;
  readonly created?: string;
  /** Absent: never. */
  readonly expires?: string;
  /** When Google took it. */
  readonly updated?: string;
}

/** What the last update left undone. */
export interface Unfinished {
  readonly owner: Owner;
  readonly text: string;
}

export interface Declared {
  readonly certificates: readonly DeclaredCertificate[];
  readonly defaults: readonly DeclaredDefault[];
  readonly auditKeys: readonly AuditKey[];
  readonly unfinished: readonly Unfinished[];
}

export function declaredIn({ resources }: Pick<StackState, "resources">): Declared {
  const of = (token: string) => resources.filter((resource) => resource.token === token);
  const fleets = of("SmimeFleet").filter(({ isGoing }) => !isGoing);
  return {
    certificates: [...of("SmimeCertificate").flatMap(certificateOf), ...fleets.flatMap(rowsOf)],
    defaults: [...of("DefaultSmimeCertificate").flatMap(defaultOf), ...fleets.flatMap(chosenOf)],
    auditKeys: of("AuditPublicKey").flatMap(auditKeyOf),
    unfinished: fleets.flatMap(unfinishedOf),
  };
}

/** What the state keeps encrypted is no text here, and is left out. */
const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** The named ones of these outputs that are texts. */
function texts<N extends string>(outputs: StateResource["outputs"], names: readonly N[]): { [K in N]?: string } {
  const found = names.flatMap((name) => (text(outputs[name]) === undefined ? [] : [[name, outputs[name]]]));
  return Object.fromEntries(found) as { [K in N]?: string };
}

const ownerOf = ({ urn, name, token, since }: StateResource): Owner => ({
  urn,
  name,
  token,
  ...(since !== undefined && { since }),
});

const FACTS = [
  "fingerprint",
  "subject",
  "issuerCn",
  "serialNumber",
  "notBefore",
  "expiration",
  "renewalDueAt",
] as const;
const KEYS = ["pkcs12", "privateKey"];

/** Which one it is, its id says: a program may have made a secret of anything else. */
function certificateOf(resource: StateResource): DeclaredCertificate[] {
  const { id, outputs, inputs, isGoing } = resource;
  const name = parseSmimeInfoId(id);
  if (!name) return [];
  return [
    {
      owner: ownerOf(resource),
      ...name.address,
      certificateId: name.certificateId,
      ...texts(outputs, FACTS),
      isEarlier: false,
      hasKey: KEYS.some((key) => inputs[key] !== undefined),
      isWatched: inputs["expiryPolicy"] !== "ignore",
      isGoing,
    },
  ];
}

/** What this stack last made the default; what Gmail said at the last look is no wish. */
function defaultOf(resource: StateResource): DeclaredDefault[] {
  const { id, outputs, isGoing } = resource;
  const address = parseSmimeInfoId(id.replace(/\/defaultSmimeInfo$/, "/smimeInfo/default"))?.address;
  const { appliedCertificateId: applied } = texts(outputs, ["appliedCertificateId"]);
  if (!address || applied === undefined || isGoing) return [];
  const certificateId = parseSmimeInfoId(applied)?.certificateId ?? applied;
  return [{ owner: ownerOf(resource), ...address, certificateId }];
}

function rowsOf(resource: StateResource): DeclaredCertificate[] {
  const days = resource.inputs["renewBeforeDays"];
  const { placed } = parseHeld(texts(resource.outputs, ["certificates"]));
  return placed.map(({ user, sendAs, name, certificateId, fingerprint, expiration, isEarlier }) => ({
    owner: { ...ownerOf(resource), name: name === "" ? resource.name : `${resource.name}, row ${name}` },
    ...{ userId: user, sendAsEmail: sendAs, certificateId, fingerprint, expiration },
    ...dueOf(expiration, days),
    isEarlier,
    hasKey: true,
    isWatched: resource.inputs["expiryPolicy"] !== "ignore",
    isGoing: false,
  }));
}

function chosenOf(resource: StateResource): DeclaredDefault[] {
  const { placed } = parseHeld(texts(resource.outputs, ["certificates"]));
  const chosen = placed.filter(({ isChosen }) => isChosen);
  return chosen.map(({ user, sendAs, certificateId }) => ({
    owner: ownerOf(resource),
    ...{ userId: user, sendAsEmail: sendAs, certificateId },
  }));
}

function auditKeyOf(resource: StateResource): AuditKey[] {
  const { outputs, isGoing } = resource;
  const { domain, fingerprint, ...times } = texts(outputs, ["domain", "fingerprint", "created", "expires", "updated"]);
  const bits = outputs["bits"];
  if (!domain || !fingerprint || isGoing) return [];
  return [{ owner: ownerOf(resource), domain, fingerprint, ...(typeof bits === "number" && { bits }), ...times }];
}

function unfinishedOf(resource: StateResource): Unfinished[] {
  const { failed } = texts(resource.outputs, ["failed"]);
  return linesOf(failed ?? "").map((line) => ({
    owner: ownerOf(resource),
    text: line.split("\t").filter(Boolean).join(": "),
  }));
}

function dueOf(expiration: string, days: unknown): Pick<DeclaredCertificate, "renewalDueAt"> {
  const due = renewalDueAt(expiration, typeof days === "number" ? days : undefined);
  return due === undefined ? {} : { renewalDueAt: due };
}
