/**
 * Check of a fleet: every row by the rules of SmimeCertificate, all that is wrong at once, each with the line where it was
 * written. Of what is wrong no cell is quoted but addresses: in a row whose columns are mixed up any may be a password.
 */
import { UNKNOWN, type Failure, type Unknown } from "../fields";
import type { Finding } from "../keys/problem";
import { MailKeyError } from "../mailKeyError";
import { describeAddress } from "../resources/address";
import type { Services } from "../resources/services";
import { loadParse, readCsv } from "./csv";
import { Judge, type FleetInputs, type Verdict } from "./judge";
import { knownRows, type KnownRows } from "./knownRows";
import { formatLeaves } from "./leaves";
import { describeRow, parseRows, rowKey, type Row } from "./rows";
import { counted, several } from "./told";

export interface CheckedRows {
  /** Of each row, in order; unknown while a row or its password is, or where anything is wrong. */
  readonly leaves: string | Unknown;
  readonly failures: readonly Failure[];
  readonly warnings: readonly string[];
}

/** The most failures that are told one by one; who has more has one cause for them. */
const MOST_FAILURES = 100;

export async function checkRows(inputs: FleetInputs, olds: FleetInputs, services: Services): Promise<CheckedRows> {
  const { rows: text, csv, passwords } = inputs;
  if (typeof text !== "string" || csv === UNKNOWN || passwords === UNKNOWN)
    return { leaves: UNKNOWN, failures: [], warnings: [] };
  const { rows, broken } = parseRows(text);
  const known = knownRows(olds);
  const verdicts = await new Judge({ inputs, olds, known }, services).judge(rows);
  const isClean = verdicts.every(({ findings }) => findings.length === 0);
  const places = isClean ? [] : await placesOf(rows, csv);
  const told = (severity: Finding["severity"]): string[] =>
    verdicts.flatMap(({ findings }, index) =>
      findings
        .filter((finding) => finding.severity === severity)
        .map(({ reason }) => `${places[index] ?? ""}: ${reason}`),
    );
  const wrong = [
    ...broken.map((number) => `line ${String(number)} of rows is no row of a fleet. Make rows with readFleet.`),
    ...told("error"),
    ...lostRows(verdicts, rows, known, inputs.maxDeletes),
  ];
  const leaves = verdicts.flatMap(({ leaf }) => leaf ?? []);
  return {
    leaves: wrong.length > 0 || leaves.length < rows.length ? UNKNOWN : formatLeaves(leaves),
    failures: several(wrong, MOST_FAILURES).map((reason) => ({ field: "", reason })),
    warnings: several(told("warning")),
  };
}

/** A CSV that lost rows must not delete keys that nobody can have back. A row that only has another name is not lost. */
function lostRows(
  verdicts: readonly Verdict[],
  rows: readonly Row[],
  known: KnownRows,
  maxDeletes: number | Unknown = 0,
): string[] {
  const keys = new Set(rows.map(rowKey));
  const kept = new Set(rows.map(({ user, sendAs }, index) => line(user, sendAs, verdicts[index]?.leaf?.fingerprint)));
  const lost = [...known.values()].filter(
    ({ row, leaf }) => !keys.has(rowKey(row)) && !kept.has(line(row.user, row.sendAs, leaf?.fingerprint)),
  );
  if (maxDeletes === UNKNOWN || lost.length <= maxDeletes) return [];
  const names = several(lost.map(({ row }) => describeRow(row))).join("; ");
  const gone = `${counted(lost.length, "row")} ${lost.length === 1 ? "is" : "are"} gone`;
  return [
    `${gone}, and maxDeletes is ${String(maxDeletes)}: ${names}. Deleting them deletes their keys in Gmail, and mail encrypted to those can no longer be read there. Put the rows back, or set maxDeletes to ${String(lost.length)} for this update.`,
  ];
}

const line = (...parts: (string | undefined)[]): string => parts.join("\t");

/** `mailboxes.csv, line 7 (alice@example.com)` of each row, so that it is found where it was written. */
async function placesOf(rows: readonly Row[], csv: string | undefined): Promise<string[]> {
  const lines = csv === undefined ? new Map<string, number[]>() : await linesIn(csv);
  return rows.map((row, index) => {
    const number = lines.get(rowKey(row))?.shift();
    const where = number === undefined ? `line ${String(index + 1)} of rows` : `${String(csv)}, line ${String(number)}`;
    return `${where} (${describeAddress({ userId: row.user, sendAsEmail: row.sendAs })})`;
  });
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
