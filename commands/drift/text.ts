/** The verdict for a terminal: mailbox by mailbox what was expected, what was found, since when, and what an up would do. */
import type { Console } from "../console";
import { aboutOf } from "../inventory/findings";
import { WORDS, type Verdict } from "./verdict";
import { counted } from "../../provider/fleet/told";

type Style = Parameters<Console["paint"]>[0];
type Finding = Verdict["findings"][number];

const SIGNS: Record<Finding["severity"], [Style, string]> = {
  error: ["red", "✘"],
  warning: ["yellow", "!"],
  info: ["green", "·"],
};

export function textOf(verdict: Verdict, console: Console): string {
  const { findings, changes, errors } = verdict;
  const blocks = [
    ...byWhom(findings).map(([whom, theirs]) => [whom, ...theirs.flatMap((each) => lines(each, console))]),
    changes.length === 0
      ? []
      : ["In the program, and not applied yet", ...changes.map((change) => `  ${changeLine(change)}`)],
    errors.length === 0
      ? []
      : ["The preview failed", ...errors.map(({ text }) => `  ${mark("red", "✘", indented(text), console)}`)],
    [summary(verdict, console)],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

/** One sentence for the end of a text, the title of an issue, or the first line of a comment. */
export function headline({ project, stack, inSync, exitCode, ...all }: Verdict): string {
  const name = `${project}/${stack}`;
  const whole = `${counted(all.mailboxes, "mailbox")}, ${counted(all.certificates, "certificate")}`;
  if (inSync) return `${name} is in sync: ${whole}`;
  const many = all.findings.filter(({ counts }) => counts).length + all.changes.length;
  if (exitCode === 1) return `${name} could not be told in full: ${counted(many, "difference")} seen in ${whole}`;
  return `${name} has drifted or is due: ${counted(many, "difference")} in ${whole}`;
}

export const changeLine = ({ op, name, type, diffs }: Verdict["changes"][number]): string => {
  const what = `pulumi up ${WORDS[op] ?? op} ${name} (${type.slice(type.lastIndexOf(":") + 1)})`;
  return diffs.length === 0 || op !== "update" ? what : `${what}: ${diffs.join(", ")}`;
};

/** In the order in which each is first told. */
export function byWhom(findings: readonly Finding[]): [string, Finding[]][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const whom = aboutOf(finding);
    groups.set(whom, [...(groups.get(whom) ?? []), finding]);
  }
  return [...groups];
}

export const sinceOf = ({ since }: Pick<Finding, "since">): string =>
  since === undefined ? "" : since.startsWith("after") ? ` (${since})` : ` (since ${since})`;

function lines(finding: Finding, console: Console): string[] {
  const { title, expected, found, up, counts } = finding;
  const [style, sign] = SIGNS[counts ? finding.severity : "info"];
  const rows: [string, string | undefined][] = [
    ["expected", expected],
    ["found", found],
    ["pulumi up", up],
  ];
  const said = rows.flatMap(([name, value]) => (value === undefined ? [] : [`      ${name.padEnd(11)}${value}`]));
  return [`  ${mark(style, sign, `${title}${sinceOf(finding)}`, console)}`, ...said];
}

function summary(verdict: Verdict, console: Console): string {
  const { inSync, exitCode, findings, changes, otherChanges, now, looked } = verdict;
  const others =
    otherChanges === 0 ? "" : `, and ${counted(otherChanges, "change")} to other resources, not judged here`;
  const text = `${headline(verdict)}${others}${looked ? ` (Gmail as of ${now})` : ""}`;
  if (inSync) return mark("green", "✔", text, console);
  const next = exitCode === 1 || findings.length + changes.length === 0 ? "" : ". Next: pulumi up --refresh";
  return mark("red", "✘", `${text}${next}`, console);
}

const indented = (text: string): string => text.replaceAll("\n", "\n    ");

const mark = (style: Style, sign: string, text: string, console: Console): string =>
  `${console.paint(style, sign, "out")} ${text}`;
