/**
 * A CSV of mailboxes (`user,path,password`, and optionally `sendAs`, `name`, `passwordFile`) as the rows of a fleet. It reads
 * the bytes of every key file to hash them and opens none: what is wrong with a row is Check's to say, all at once.
 */
import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { dirname, normalize } from "node:path";
import type { Options, parse } from "csv-parse/sync";
import { MailKeyError } from "../mailKeyError";
import { KEY_FILE_BYTES, pathBelow, readWhole } from "./keyFile";
import { Lines } from "./lines";
import { formatRows, rowKey, type Row } from "./rows";
import { several } from "./told";
import { inShard, type Shard } from "./shard";

export { MOST_SHARDS, type Shard } from "./shard";

const COLUMNS = ["user", "path", "password", "sendAs", "name", "passwordFile"] as const;
type Column = (typeof COLUMNS)[number];
const OPTIONAL: readonly Column[] = ["password", "sendAs", "name", "passwordFile"];

/** Of a CSV: 100,000 rows of 160 characters. */
const MOST_BYTES = 16 * 1024 * 1024;
/** 16 MiB of short lines, or of one line of commas, would be gigabytes of rows and cells. */
const MOST_ROWS = 200_000;
const LONGEST_LINE = 64 * 1024;

/** csv-parse, handed in: a program that reads no CSV loads none of it. */
export type Parse = typeof parse;

export const loadParse = async (): Promise<Parse> => (await import("csv-parse/sync")).parse;

/** What SmimeFleet takes: spread it into the arguments. */
export interface FleetRows {
  /** The path of the CSV, as it was given. */
  readonly csv: string;
  readonly rows: string;
  /** JSON, by row: the passwords that stand in the CSV itself. Secret. */
  readonly passwords?: string;
}

/** A row, and the line of the CSV that it ends on. */
export interface CsvRow extends Row {
  readonly line: number;
  /** The password, where it stands in the CSV. Secret. */
  readonly given?: string;
}

/** Of a `part` only the files of its rows are read. Throws {@link MailKeyError} where the file cannot be read or is no CSV. */
export function readFleet(csv: string, parse: Parse, part?: Shard): FleetRows {
  const path = normalize(csv);
  const folder = dirname(path);
  const isIn = part ? inShard(part) : () => true;
  const rows = readCsv(path, parse)
    .filter(({ user }) => isIn(user))
    .map((row) => ({ ...row, hash: hashOf(folder, row.path) }));
  const given = rows.flatMap((row) => (row.given === undefined ? [] : [[rowKey(row), row.given] as const]));
  return {
    csv: path,
    rows: formatRows(rows),
    ...(given.length > 0 && { passwords: JSON.stringify(Object.fromEntries(given.sort())) }),
  };
}

/** Its rows in the order in which they stand there, without their hashes. */
export function readCsv(path: string, parse: Parse): CsvRow[] {
  const [first, ...others] = parseCsv(path, parse);
  if (!first) return [];
  if (first.count === 1)
    throw new MailKeyError(
      `${path}, line ${String(first.line)}: there is one value. User and path stand between commas.`,
    );
  const header = headerOf(path, first);
  const columns: readonly (Column | undefined)[] = header ?? COLUMNS;
  const records = header ? others : [first, ...others];
  const long = records.filter(({ count }) => count > columns.length).map((each) => tooLong(path, each, columns.length));
  if (long.length > 0) throw new MailKeyError(several(long).join("\n"));
  return records.map((each) => rowOf(each, columns));
}

interface Line extends Cells {
  readonly line: number;
}

const OPTIONS: Options<Cells, string[]> = {
  bom: true,
  relax_column_count: true,
  record_delimiter: ["\r\n", "\n", "\r"], // each of them anywhere: left to find out, a \r would end up in a password
  skip_records_with_empty_values: true, // as spreadsheets leave them at the end
  to: MOST_ROWS + 2, // a header, and one too many
  max_record_size: LONGEST_LINE,
  on_record: (cells, { bytes }) => ({ cells: cells.slice(0, COLUMNS.length), count: cells.length, bytes }),
};

interface Cells {
  /** The first ones; more of them are an error. */
  readonly cells: readonly string[];
  readonly count: number;
  /** Where it ends. */
  readonly bytes: number;
}

function parseCsv(path: string, parse: Parse): Line[] {
  const bytes = bytesOf(path);
  const lines = new Lines(bytes);
  const long = Lines.longer(bytes, LONGEST_LINE);
  if (long !== undefined) throw new MailKeyError(`${path}, line ${String(long)}: the line is longer than 64 KiB.`);
  const records = parsed(path, lines, () => parse(bytes, OPTIONS as unknown as Options) as unknown as Cells[]);
  if (records.length <= MOST_ROWS + 1)
    return records.map((record) => ({ ...record, line: lines.endingAt(record.bytes) }));
  throw new MailKeyError(`${path} has more than ${String(MOST_ROWS)} rows. Divide it into several.`);
}

/** What csv-parse says of an error is not told: it quotes the line, and a line may hold a password. */
function parsed<T>(path: string, lines: Lines, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const at = error instanceof Error && "bytes" in error ? error.bytes : undefined;
    const where = typeof at === "number" ? `, line ${String(lines.after(at))}` : "";
    const rule = "A quote inside a quoted value is written twice.";
    throw new MailKeyError(`${path}${where}: a quote is not closed, or has text beside it. ${rule}`);
  }
}

const tooLong = (path: string, { count, line }: Line, columns: number): string =>
  `${path}, line ${String(line)}: there are ${String(count)} values for ${String(columns)} columns. Quote a value that holds a comma.`;

/** Undefined where the first line is a row already. Its cells are never printed, for one may be a password. */
function headerOf(path: string, { cells, line }: Line): Column[] | undefined {
  const known = new Map<string, Column>(COLUMNS.map((column) => [column.toLowerCase(), column]));
  const columns = cells.map((cell) => known.get(cell.replaceAll(/[ _-]/g, "").toLowerCase()));
  if (!columns.includes("user") && !columns.includes("path")) return undefined;
  const found = columns.flatMap((column) => column ?? []);
  const problems = [
    ...columns.flatMap((column, index) => (column ? [] : [`column ${String(index + 1)} is none that a fleet knows`])),
    ...(["user", "path"] as const).filter((needed) => !found.includes(needed)).map((needed) => `${needed} is missing`),
    ...found.filter((column, index) => found.indexOf(column) !== index).map((column) => `${column} is there twice`),
  ];
  if (problems.length === 0) return found;
  throw new MailKeyError(
    `${path}, line ${String(line)}: in the header ${problems.join(", ")}. It takes user and path, and optionally ${OPTIONAL.join(", ")}.`,
  );
}

function rowOf({ cells, line }: Line, columns: readonly (Column | undefined)[]): CsvRow {
  const of = (column: Column): string => cells[columns.indexOf(column)] ?? "";
  const plain = (column: Column): string => of(column).replaceAll(CONTROL, " ").trim();
  const [user, password, passwordFile] = [plain("user").toLowerCase(), of("password"), plain("passwordFile")];
  const reference = referenceOf(password, passwordFile);
  return {
    user,
    sendAs: plain("sendAs").toLowerCase() || user,
    name: plain("name").normalize(), // two programs may write the same name otherwise
    path: plain("path"),
    password: reference,
    hash: "",
    line,
    ...(reference === "given" && { given: password }),
  };
}

/** See {@link Row.password}. A row with both is Check's to refuse. */
function referenceOf(password: string, passwordFile: string): string {
  const variable = /^\s*env:(.*?)\s*$/.exec(password)?.[1];
  if (password !== "" && passwordFile !== "") return "both";
  if (variable !== undefined) return `env:${variable.replaceAll(CONTROL, " ")}`;
  if (password !== "") return "given";
  return passwordFile === "" ? "" : `file:${passwordFile}`;
}

/** Tabs and line ends part the canonical text; a name that held one names no file or mailbox without it. */
const CONTROL = /[\u0000-\u001f\u007f]+/g;

function bytesOf(path: string): Buffer {
  const bytes = readWhole(path, MOST_BYTES);
  if (typeof bytes === "string")
    throw new MailKeyError(`The CSV ${path} ${bytes} Its path is relative to the Pulumi project's folder.`);
  if (isUtf8(bytes)) return bytes;
  throw new MailKeyError(`The CSV ${path} is not in UTF-8, so that a password in it may be misread. Save it as UTF-8.`);
}

/** Base64url; empty where Check is to say why. */
function hashOf(folder: string, path: string): string {
  const file = pathBelow(folder, path);
  const bytes = file === undefined ? "" : readWhole(file, KEY_FILE_BYTES);
  return typeof bytes === "string" ? "" : createHash("sha256").update(bytes).digest("base64url");
}
