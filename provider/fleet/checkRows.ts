/**
 * Check of a fleet: every row by the rules of SmimeCertificate, each key file opened once in its life. A file that the last
 * update knew already, by its hash, is not read again; of it only the time is looked at.
 */
import { UNKNOWN, type Failure, type Unknown } from "../fields";
import { certificateFacts, certificateFindings, expiryFindings } from "../keys/certificate";
import { readPkcs12 } from "../keys/pkcs12";
import { KeyMaterialError, type Finding } from "../keys/problem";
import { MailKeyError } from "../mailKeyError";
import { checkAddress } from "../resources/address";
import type { Services } from "../resources/services";
import { loadParse, readCsv } from "./csv";
import { formatLeaves, parseLeaves, type Leaf } from "./leaves";
import { sideBySide } from "./sideBySide";
import { describeRow, parseRows, rowKey, type Row } from "./rows";
import { RowSource } from "./rowSource";
import { several } from "./told";

/** Of a fleet's inputs, what Check looks at. */
export interface FleetInputs {
  readonly rows?: string | Unknown;
  readonly csv?: string | Unknown;
  readonly passwords?: string | Unknown;
  readonly leaves?: string | Unknown;
  readonly expiryPolicy?: "warn" | "error" | "ignore" | Unknown;
  readonly renewBeforeDays?: number | Unknown;
  readonly maxDeletes?: number | Unknown;
}

export interface CheckedRows {
  /** Of each row, in order; unknown while a row or its password is, or where anything is wrong. */
  readonly leaves: string | Unknown;
  readonly failures: readonly Failure[];
  readonly warnings: readonly string[];
}

interface Verdict {
  readonly leaf?: Leaf;
  readonly findings: readonly Pick<Finding, "severity" | "reason">[];
}

/** The most failures that are told one by one; who has more has one cause for them. */
const MOST_FAILURES = 100;

export async function checkRows(inputs: FleetInputs, olds: FleetInputs, services: Services): Promise<CheckedRows> {
  const { rows: text, passwords } = inputs;
  if (typeof text !== "string" || passwords === UNKNOWN) return { leaves: UNKNOWN, failures: [], warnings: [] };
  const { rows, broken } = parseRows(text);
  const known = knownLeaves(olds);
  const verdicts = await judge(rows, known, { inputs, olds }, services);
  const isClean = verdicts.every(({ findings }) => findings.length === 0);
  const described = isClean ? describeRow : await describer(rows, inputs);
  const told = (severity: Finding["severity"]): string[] =>
    rows.flatMap((row, index) =>
      (verdicts[index]?.findings ?? [])
        .filter((finding) => finding.severity === severity)
        .map(({ reason }) => `${described(row)}: ${reason}`),
    );
  const wrong = [
    ...broken.map((number) => `line ${String(number)} of rows is no row of a fleet. Make rows with readFleet.`),
    ...told("error"),
    ...lostRows(rows, known, inputs),
  ];
  const leaves = verdicts.flatMap(({ leaf }) => leaf ?? []);
  return {
    leaves: wrong.length > 0 || leaves.length < rows.length ? UNKNOWN : formatLeaves(leaves),
    failures: several(wrong, MOST_FAILURES).map((reason) => ({ field: "", reason })),
    warnings: several(told("warning")),
  };
}

/** What the last update knew, by row. */
function knownLeaves({ rows, leaves }: FleetInputs): Map<string, { row: Row; leaf: Leaf | undefined }> {
  if (typeof rows !== "string" || typeof leaves !== "string") return new Map();
  const facts = parseLeaves(leaves);
  return new Map(parseRows(rows).rows.map((row, index) => [rowKey(row), { row, leaf: facts[index] }]));
}

async function judge(
  rows: readonly Row[],
  known: ReturnType<typeof knownLeaves>,
  { inputs, olds }: { readonly inputs: FleetInputs; readonly olds: FleetInputs },
  services: Services,
): Promise<Verdict[]> {
  const { csv, passwords } = inputs;
  const source = new RowSource(text(csv), text(passwords), services);
  const old = new RowSource(text(csv), text(olds.passwords), services);
  const prints = new Set([...known.values()].map(({ row, leaf }) => `${row.sendAs} ${leaf?.fingerprint ?? ""}`));
  const keys = new Map<string, number>();
  for (const row of rows) keys.set(rowKey(row), (keys.get(rowKey(row)) ?? 0) + 1);
  const verdicts: Verdict[] = rows.map(() => ({ findings: [] }));
  const fresh: number[] = [];
  rows.forEach((row, index) => {
    const before = known.get(rowKey(row));
    if (keys.get(rowKey(row)) !== 1) verdicts[index] = twice;
    else if (before?.leaf && source.isSame(row, before.row, old)) {
      verdicts[index] = { leaf: before.leaf, findings: timeFindings(before.leaf, false, inputs, services) };
    } else fresh.push(index);
  });
  const { interrupted } = await sideBySide(fresh, { ...services, status: () => undefined }, async (index) => {
    const row = rows[index];
    if (row) verdicts[index] = await judgeFile(row, { source, prints, inputs }, services);
    return true;
  });
  if (interrupted) throw interrupted;
  return verdicts;
}

const error = (reason: string): { severity: "error"; reason: string } => ({ severity: "error", reason });
const twice: Verdict = {
  findings: [error("another row is for this address too. Give each a name of its own, in the column name.")],
};

interface Looked {
  readonly source: RowSource;
  /** Address and fingerprint of what the fleet had before. */
  readonly prints: ReadonlySet<string>;
  readonly inputs: FleetInputs;
}

async function judgeFile(row: Row, { source, prints, inputs }: Looked, services: Services): Promise<Verdict> {
  const { failures } = checkAddress({ userId: row.user, sendAsEmail: row.sendAs }, services);
  const wrongAddress =
    row.user === ""
      ? [error("the row names no user. Write the mailbox's address.")]
      : failures.map(({ reason }) => error(reason));
  try {
    const { pkcs12, password } = await source.load(row);
    const { leaf, chain } = await readPkcs12(pkcs12, password);
    const facts = certificateFacts(leaf);
    const isNew = !prints.has(`${row.sendAs} ${facts.fingerprint}`);
    const address = wrongAddress.length > 0 ? undefined : row.sendAs;
    return {
      leaf: facts,
      findings: [
        ...wrongAddress,
        ...certificateFindings(leaf, chain, address),
        ...timeFindings(facts, isNew, inputs, services),
      ],
    };
  } catch (problem) {
    if (!(problem instanceof KeyMaterialError)) throw problem;
    return { findings: [...wrongAddress, ...problem.problems.map(({ reason }) => error(reason))] };
  }
}

function timeFindings(
  leaf: Leaf & { notBefore?: string },
  isNew: boolean,
  inputs: FleetInputs,
  services: Services,
): Finding[] {
  const { expiryPolicy = "warn", renewBeforeDays: days } = inputs;
  return expiryFindings(leaf, services.now(), {
    leafIsNew: isNew,
    expiryPolicy: expiryPolicy === UNKNOWN ? "warn" : expiryPolicy,
    ...(typeof days === "number" && { renewBeforeDays: days }),
  });
}

const text = (value: string | Unknown | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

/** A CSV that lost rows must not delete keys that nobody can have back. */
function lostRows(
  rows: readonly Row[],
  known: ReturnType<typeof knownLeaves>,
  { maxDeletes = 0 }: FleetInputs,
): string[] {
  const keys = new Set(rows.map(rowKey));
  const files = new Set(rows.map(({ sendAs, hash }) => `${sendAs} ${hash}`));
  const lost = [...known.values()].filter(
    ({ row }) => !keys.has(rowKey(row)) && !files.has(`${row.sendAs} ${row.hash}`),
  );
  if (maxDeletes === UNKNOWN || lost.length <= maxDeletes) return [];
  const names = several(lost.map(({ row }) => describeRow(row))).join("; ");
  const count = lost.length === 1 ? "1 row is" : `${String(lost.length)} rows are`;
  return [
    `${count} gone, and maxDeletes is ${String(maxDeletes)}: ${names}. Deleting them deletes their keys in Gmail, and mail encrypted to those can no longer be read there. Put the rows back, or set maxDeletes to ${String(lost.length)} for this update.`,
  ];
}

/** `mailboxes.csv, line 7 (alice@example.com)`, so that it is found where it was written. */
async function describer(rows: readonly Row[], { csv }: FleetInputs): Promise<(row: Row) => string> {
  const lines = typeof csv === "string" ? await linesIn(csv) : new Map<string, number[]>();
  const names = new Map<Row, string>();
  for (const row of rows) {
    const number = lines.get(rowKey(row))?.shift();
    const where = number === undefined ? "" : `${String(csv)}, line ${String(number)} `;
    names.set(row, where === "" ? describeRow(row) : `${where}(${describeRow(row)})`);
  }
  return (row) => names.get(row) ?? describeRow(row);
}

/** Of each row, the lines of the CSV that it stands on. None where the CSV is not there any more. */
async function linesIn(csv: string): Promise<Map<string, number[]>> {
  const parse = await loadParse();
  const lines = new Map<string, number[]>();
  try {
    for (const row of readCsv(csv, parse)) lines.set(rowKey(row), [...(lines.get(rowKey(row)) ?? []), row.line]);
  } catch (problem) {
    if (!(problem instanceof MailKeyError)) throw problem;
  }
  return lines;
}
