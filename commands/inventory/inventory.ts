/**
 * What a stack's mailboxes are to hold and, where somebody looked, what they do hold: state and Gmail side by side, an entry
 * a certificate. `drift` judges it, `report` shows it; as JSON it is what both print.
 */
import { renewalDueAt } from "../../provider/keys/certificate";
import type { StackState } from "../stack/state";
import {
  declaredIn,
  type AuditKey,
  type Declared,
  type DeclaredCertificate,
  type Facts,
  type Owner,
  type Unfinished,
} from "./declared";
import type { Found, FoundAddress, FoundCertificate } from "./found";

/** At the inventory's time; `due` by the resource's renewBeforeDays, or by the days that were asked for. */
export type Standing = "valid" | "notYetValid" | "due" | "expired" | "unknown";

export interface CertificateEntry extends Facts {
  /** Google's id; of one that is missing, the id that it had. */
  readonly certificateId: string;
  readonly standing: Standing;
  /** Absent: nobody declared it, and nothing here ever deletes it. */
  readonly declaredBy?: Owner;
  /** Declared, and not in Gmail. False too where nobody looked. */
  readonly isMissing: boolean;
  /** The address signs with it, as Gmail says or, where nobody looked, the state. */
  readonly isDefault: boolean;
  /** Another of the address, declared and valid, outlives it, so it may lapse: it is kept to read old mail. */
  readonly isOutlived: boolean;
  /** Replaced or removed by the program, and not deleted yet. */
  readonly isGoing: boolean;
  /** False where only the certificate is declared, so that it cannot be put there again. */
  readonly hasKey: boolean;
  /** False where expiryPolicy is ignore, and of what nobody declared. */
  readonly isWatched: boolean;
}

export interface AddressEntry {
  readonly userId: string;
  readonly sendAsEmail: string;
  /** A resource of the stack is about it. */
  readonly isDeclared: boolean;
  /** When Gmail was asked; absent where nobody looked. */
  readonly seen?: string;
  /** Why it could not be looked at. */
  readonly reason?: string;
  /** Google's id of the default that the stack made, and whose it is. */
  readonly wantedDefault?: { readonly certificateId: string; readonly declaredBy: Owner };
  /** The first to expire first. */
  readonly certificates: readonly CertificateEntry[];
}

export interface AuditKeyEntry extends AuditKey {
  readonly standing: Standing;
}

export interface Inventory {
  readonly project: string;
  readonly stack: string;
  /** The instant for which it is judged. */
  readonly now: string;
  /** Whether Gmail was looked at, and not only the state. */
  readonly live: boolean;
  /** When the engine last wrote the state. */
  readonly written?: string;
  /** By mailbox, its own address first. */
  readonly addresses: readonly AddressEntry[];
  readonly auditKeys: readonly AuditKeyEntry[];
  readonly unfinished: readonly Unfinished[];
  readonly unasked: Found["unasked"];
}

export interface Judging {
  /** The provider's clock where it looked, this machine's elsewhere. */
  readonly now: Date;
  /** Days before its end at which a certificate is due whose resource says nothing; 0: never. */
  readonly renewBeforeDays: number;
}

export function inventoryOf(state: StackState, found: Found | undefined, judging: Judging): Inventory {
  const declared = declaredIn(state);
  const { project, stack, written } = state;
  return {
    project,
    stack,
    now: rfc3339(judging.now),
    live: found !== undefined,
    ...(written !== undefined && { written }),
    addresses: placesOf(declared, found).map((place) => addressEntry(place, judging)),
    auditKeys: declared.auditKeys.map((key) => ({ ...key, standing: auditKeyStanding(key, judging) })),
    unfinished: declared.unfinished,
    unasked: found?.unasked ?? [],
  };
}

const auditKeyStanding = ({ expires }: AuditKey, judging: Judging): Standing =>
  expires === undefined ? "valid" : standingOf(withDue({ expiration: expires }, judging), judging);

const rfc3339 = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, "Z");

/** All that is known of one address. */
interface Place {
  readonly userId: string;
  readonly sendAsEmail: string;
  readonly declared: DeclaredCertificate[];
  wanted?: Declared["defaults"][number];
  found?: FoundAddress;
}

function placesOf(declared: Declared, found: Found | undefined): Place[] {
  const places = new Map<string, Place>();
  const all = [...declared.certificates, ...declared.defaults, ...(found?.addresses ?? [])];
  // by a user's own token there is one mailbox, whether it is called me or by its name
  const mine = new Set(all.filter(({ userId }) => userId === "me").map(({ sendAsEmail }) => sendAsEmail));
  const at = ({ userId, sendAsEmail }: Pick<Place, "userId" | "sendAsEmail">): Place => {
    const key = `${mine.has(sendAsEmail) ? "me" : userId} ${sendAsEmail}`;
    const place = places.get(key) ?? { userId, sendAsEmail, declared: [] };
    places.set(key, place);
    return place;
  };
  for (const certificate of declared.certificates) at(certificate).declared.push(certificate);
  for (const wanted of declared.defaults) at(wanted).wanted = wanted;
  for (const address of found?.addresses ?? []) at(address).found = address;
  return [...places.values()].sort(
    (one, other) =>
      compare(one.userId, other.userId) ||
      ownFirst(other) - ownFirst(one) ||
      compare(one.sendAsEmail, other.sendAsEmail),
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const ownFirst = ({ userId, sendAsEmail }: Place): number => Number(userId === sendAsEmail);

function addressEntry({ userId, sendAsEmail, declared, wanted, found }: Place, judging: Judging): AddressEntry {
  const known = found?.certificates ?? [];
  const matches = matchUp(declared, known);
  const ours = declared.map((one) => entryOfDeclared(one, { found: matches.get(one), seen: found, wanted }, judging));
  const matched = new Set(matches.values());
  const others = known.filter((one) => !matched.has(one)).map((one) => entryOfFound(one, judging));
  const certificates = [...ours, ...others].sort((one, other) => compare(one.expiration ?? "", other.expiration ?? ""));
  return {
    userId,
    sendAsEmail,
    isDeclared: declared.some(({ isGoing }) => !isGoing) || wanted !== undefined,
    ...(found && { seen: found.at, ...(found.reason !== undefined && { reason: found.reason }) }),
    ...(wanted && { wantedDefault: { certificateId: wanted.certificateId, declaredBy: wanted.owner } }),
    certificates: certificates.map((one) => ({
      ...one,
      isOutlived: isOutlived(one, certificates, rfc3339(judging.now)),
    })),
  };
}

/** By Google's id, or else by the leaf: the same certificate may be there under another id. */
function matchUp(
  declared: readonly DeclaredCertificate[],
  known: readonly FoundCertificate[],
): Map<DeclaredCertificate, FoundCertificate> {
  const matches = new Map<DeclaredCertificate, FoundCertificate>();
  for (const one of declared) {
    const same = known.find(({ certificateId }) => certificateId === one.certificateId);
    if (same) matches.set(one, same);
  }
  const taken = new Set(matches.values());
  for (const one of declared.filter((each) => !matches.has(each))) {
    const isSame = ({ facts }: FoundCertificate): boolean =>
      facts !== undefined && facts.fingerprint === one.fingerprint;
    const same = known.find((each) => !taken.has(each) && isSame(each));
    if (same) matches.set(one, same);
  }
  return matches;
}

type Entry = Omit<CertificateEntry, "isOutlived">;

interface Beside {
  readonly found: FoundCertificate | undefined;
  readonly seen: FoundAddress | undefined;
  readonly wanted: Place["wanted"] | undefined;
}

function entryOfDeclared(one: DeclaredCertificate, { found, seen, wanted }: Beside, judging: Judging): Entry {
  const { owner, userId: _user, sendAsEmail: _address, isEarlier: _earlier, ...facts } = one;
  const looked = seen !== undefined && seen.reason === undefined;
  const known = withDue({ ...facts, ...shownFacts(found) }, judging);
  return {
    ...known,
    certificateId: found?.certificateId ?? one.certificateId,
    standing: standingOf(known, judging),
    declaredBy: owner,
    isMissing: looked && found === undefined,
    isDefault: looked ? (found?.isDefault ?? false) : wanted?.certificateId === one.certificateId,
  };
}

function entryOfFound(found: FoundCertificate, judging: Judging): Entry {
  const facts = shownFacts(found);
  const { certificateId, isDefault } = found;
  const standing = standingOf(facts, judging); // nobody asked for its renewal
  return {
    certificateId,
    ...facts,
    standing,
    isMissing: false,
    isDefault,
    isGoing: false,
    hasKey: false,
    isWatched: false,
  };
}

function shownFacts(found: FoundCertificate | undefined): Facts {
  if (!found?.facts) return {};
  const { emails: _emails, ...facts } = found.facts;
  return facts;
}

type Times = Pick<Facts, "notBefore" | "expiration" | "renewalDueAt">;

/** By its resource's renewBeforeDays or else by the days that were asked for. */
function withDue<T extends Times>(known: T, { renewBeforeDays }: Judging): T {
  if (known.renewalDueAt !== undefined || renewBeforeDays === 0) return known;
  const due = renewalDueAt(known.expiration ?? "", renewBeforeDays);
  return due === undefined ? known : { ...known, renewalDueAt: due };
}

function standingOf({ notBefore, expiration, renewalDueAt: due }: Times, { now }: Pick<Judging, "now">): Standing {
  const at = now.getTime();
  const end = Date.parse(expiration ?? "");
  if (Number.isNaN(end)) return "unknown";
  if (end <= at) return "expired";
  if (notBefore !== undefined && Date.parse(notBefore) > at) return "notYetValid";
  return due !== undefined && Date.parse(due) <= at ? "due" : "valid";
}

/** Only what is declared and there counts: one added by hand is nobody's plan for the renewal. No day may be without one. */
function isOutlived(one: Entry, all: readonly Entry[], now: string): boolean {
  const end = one.expiration ?? "";
  return all.some(
    (other) =>
      other !== one &&
      other.declaredBy !== undefined &&
      !other.isMissing &&
      !other.isGoing &&
      ["valid", "notYetValid"].includes(other.standing) &&
      (other.expiration ?? "") > end &&
      (other.notBefore ?? "") <= (one.standing === "expired" ? now : end),
  );
}
