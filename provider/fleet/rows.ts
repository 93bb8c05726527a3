/**
 * The rows of a fleet as one canonical text, a line a certificate, sorted: what changes in a review is then lines added and
 * removed (design, "SmimeFleet"). The parts of a line stand between tabs, which no part may hold.
 */

/** Which certificate an address is to have. */
export interface Row {
  /** The mailbox's primary address. */
  readonly user: string;
  readonly sendAs: string;
  /** Tells several certificates of one address apart; mostly empty. */
  readonly name: string;
  /** Of the PKCS#12 file, relative to the CSV's folder. */
  readonly path: string;
  /** Where the password is: `env:NAME`, `file:PATH`, `given` (in `passwords`), or empty for a file without one. */
  readonly password: string;
  /** SHA-256 of the file, base64url; empty where it could not be read. */
  readonly hash: string;
}

/** What makes two lines the same row: a row whose file changes is still that row. */
export const rowKey = ({ user, sendAs, name }: Pick<Row, "user" | "sendAs" | "name">): string =>
  line([user, sendAs === user ? "" : sendAs, name]);

const PARTS = 6;

export function formatRows(rows: readonly Row[]): string {
  return textOf(rows.map((row) => line([rowKey(row), row.path, row.password, row.hash])).sort());
}

interface Parsed {
  readonly rows: readonly Row[];
  /** Numbers of the lines that are no row, the first is 1. */
  readonly broken: readonly number[];
}

/** What is no address is as it was written, for Check to say what is wrong with it. One that is not canonical is no row. */
export function parseRows(text: string): Parsed {
  const rows: Row[] = [];
  const broken: number[] = [];
  linesOf(text).forEach((each, index) => {
    const parts = each.split("\t");
    const [user = "", sendAs = "", name = "", path = "", password = "", hash = ""] = parts;
    if (parts.length === PARTS && isCanonical(user) && isCanonical(sendAs))
      rows.push({ user, sendAs: sendAs || user, name, path, password, hash });
    else broken.push(index + 1);
  });
  return { rows, broken };
}

/** Gmail does not tell cases apart, and the state must not either. */
const isCanonical = (address: string): boolean => address === address.trim().toLowerCase();

/** The lines of a text of a fleet's; none where it is empty. */
export const linesOf = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** Each with its end: a preview would show the last line as another one where a line comes after it. */
export const textOf = (lines: readonly string[]): string => lines.map((each) => `${each}\n`).join("");

export const line = (parts: readonly string[]): string => parts.join("\t");

/** `sales@example.com (mailbox alice@example.com), 2027`: how messages call a row. */
export function describeRow({ user, sendAs, name }: Pick<Row, "user" | "sendAs" | "name">): string {
  const address = sendAs === user ? user : `${sendAs} (mailbox ${user})`;
  return name === "" ? address : `${address}, ${name}`;
}
