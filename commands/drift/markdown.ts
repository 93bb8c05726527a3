/** The verdict as Markdown, for the issue that a scheduled run opens. */
import { aboutOf } from "../inventory/findings";
import { code, escape, fitting, SIGNS, table } from "../markdown";
import { changeLine, headline, sinceOf } from "./text";
import type { Verdict } from "./verdict";

export function markdownOf(verdict: Verdict): string {
  const { findings, changes, errors, now, inSync, looked } = verdict;
  const rows = findings.map((finding) => [
    code(aboutOf(finding)),
    `${SIGNS[finding.counts ? finding.severity : "info"]} ${escape(`${finding.title}${sinceOf(finding)}`)}`,
    escape(finding.expected ?? ""),
    escape(finding.found ?? ""),
    escape(finding.up),
  ]);
  return fitting([
    `### ${inSync ? "✅" : "❌"} ${escape(headline(verdict))}`,
    "",
    looked ? `Gmail was looked at on ${now}.` : "Gmail was not looked at.",
    "",
    ...table(["Mailbox", "What", "Expected", "Found", "`pulumi up --refresh`"], rows),
    ...(changes.length === 0
      ? []
      : [
          "**In the program, and not applied yet**",
          "",
          ...changes.map((change) => `- ${escape(changeLine(change))}`),
          "",
        ]),
    ...(errors.length === 0
      ? []
      : ["**The preview failed**", "", ...errors.map(({ text }) => `- ${escape(text)}`), ""]),
  ]);
}
