/**
 * What a fleet holds at Google, as the state keeps it: texts with a line each, sorted, that begin with the address. No key,
 * no password. A line that is none, by another version or by hand, is left out: what is at Google is found again.
 */
import { line, linesOf, rowKey, textOf } from "./rows";

interface OfAddress {
  readonly user: string;
  readonly sendAs: string;
}

interface Certificate extends OfAddress {
  /** Google's id. */
  readonly certificateId: string;
  /** SHA-256 of the leaf, upper-case hex. */
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly expiration: string;
}

/** A row's certificate. */
export interface Placed extends Certificate {
  readonly name: string;
  /** Gmail says that the address signs with it. */
  readonly isDefault: boolean;
  /** It is what this fleet last made the default. */
  readonly isChosen: boolean;
  /** It was there when the fleet came. */
  readonly isAdopted: boolean;
  /** Of a file that the row had before: kept so that old mail can be read. */
  readonly isEarlier: boolean;
}

/** One that no row declares, as it was when the address was last looked at. */
export type Unmanaged = Certificate;

/** The default that an address had before the fleet's, where there was one. */
export interface PreviousDefault extends OfAddress {
  readonly certificateId: string;
}

export interface Held {
  readonly placed: readonly Placed[];
  readonly previousDefaults: readonly PreviousDefault[];
  readonly unmanaged: readonly Unmanaged[];
}

/** The state's texts; one that would be empty is left out, but for `certificates`. */
export interface HeldTexts {
  readonly certificates?: string;
  readonly previousDefaults?: string;
  readonly unmanaged?: string;
}

const MARKS = { isDefault: "default", isChosen: "chosen", isAdopted: "adopted", isEarlier: "earlier" } as const;

export function formatHeld({ placed, previousDefaults, unmanaged }: Held): HeldTexts {
  return {
    certificates: text(placed, (one) => [rowKey(one), ...certificate(one), marksOf(one)]),
    ...(previousDefaults.length > 0 && {
      previousDefaults: text(previousDefaults, (one) => [addressKey(one), one.certificateId]),
    }),
    ...(unmanaged.length > 0 && { unmanaged: text(unmanaged, (one) => [addressKey(one), ...certificate(one)]) }),
  };
}

const text = <T>(all: readonly T[], parts: (one: T) => string[]): string =>
  textOf(all.map((one) => line(parts(one))).sort());

const addressKey = ({ user, sendAs }: OfAddress): string => line([user, sendAs === user ? "" : sendAs]);
const certificate = ({ certificateId, fingerprint, expiration }: Certificate): string[] => [
  certificateId,
  fingerprint,
  expiration,
];

function marksOf(one: Placed): string {
  const marks = Object.entries(MARKS) as [keyof typeof MARKS, string][];
  return marks.flatMap(([mark, word]) => (one[mark] ? word : [])).join(",");
}

export function parseHeld({ certificates = "", previousDefaults = "", unmanaged = "" }: HeldTexts): Held {
  return {
    placed: linesOf(certificates).flatMap((each) => {
      const [user, sendAs, name = "", ...rest] = each.split("\t");
      const found = certificateOf([user, sendAs, ...rest]);
      const marks = new Set(rest[3]?.split(","));
      return found ? { ...found, name, ...flags(marks) } : [];
    }),
    previousDefaults: linesOf(previousDefaults).flatMap((each) => {
      const [user, sendAs, certificateId] = each.split("\t");
      return user && certificateId ? { user, sendAs: sendAs || user, certificateId } : [];
    }),
    unmanaged: linesOf(unmanaged).flatMap((each) => certificateOf(each.split("\t")) ?? []),
  };
}

function certificateOf(parts: readonly (string | undefined)[]): Certificate | undefined {
  const [user, sendAs, certificateId, fingerprint, expiration] = parts;
  if (!user || !certificateId || !fingerprint || !expiration) return undefined;
  return { user, sendAs: sendAs || user, certificateId, fingerprint, expiration };
}

const flags = (marks: ReadonlySet<string>): Pick<Placed, keyof typeof MARKS> => ({
  isDefault: marks.has(MARKS.isDefault),
  isChosen: marks.has(MARKS.isChosen),
  isAdopted: marks.has(MARKS.isAdopted),
  isEarlier: marks.has(MARKS.isEarlier),
});
