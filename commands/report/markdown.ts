/** The report as Markdown, short enough for a comment or a job's summary: what is wrong, then every address by its next end. */
import { code, escape, fitting, SIGNS, table } from "../markdown";
import { aboutOf, type Finding } from "../inventory/findings";
import { nothingToSay } from "./found";
import { day } from "./bars";
import { rowsOf, WORDS, type Row } from "./rows";
import type { Report } from "./report";

export function markdownOf(report: Report): string {
  const { project, stack, live, now, findings, failures } = report;
  const from = live
    ? `From Gmail, as it was ${now}.`
    : `From the stack's state alone, for ${now}: Gmail was not asked.`;
  return fitting([
    `## Mail certificates of ${code(`${project}/${stack}`)}`,
    "",
    from,
    "",
    summary(report),
    "",
    ...(failures.length === 0 ? [] : ["**Not everything could be read:**", "", ...failures.map(item), ""]),
    "### Findings",
    "",
    ...(findings.length > 0 ? [] : [failures.length > 0 ? "None in what could be read." : nothingToSay(report), ""]),
    ...table(["", "What", "Whom", "Expected", "Found", "Since"], findings.map(cells)),
    "### Certificates",
    "",
    ...table(["Address", "State", "Signs with", "Next end"], rowsOf(report).map(rowCells)),
    ...keys(report),
  ]);
}

const item = (text: string): string => `- ${escape(text)}`;

function summary({ counts, renewBeforeDays }: Report): string {
  const { mailboxes, certificates, expired, due, missing, unmanaged, errors, warnings, notes } = counts;
  const all: [number, string][] = [
    [mailboxes, "mailboxes"],
    [certificates, "certificates"],
    [expired, "expired"],
    [due, renewBeforeDays === 0 ? "due" : `due within ${String(renewBeforeDays)} days`],
    [missing, "missing"],
    [unmanaged, "unmanaged"],
    [errors + warnings + notes, "findings"],
  ];
  return all.map(([many, words]) => `**${String(many)}** ${words}`).join(" · ");
}

const cells = (finding: Finding): string[] => {
  const { severity, title, expected = "", found = "", since = "" } = finding;
  return [SIGNS[severity], title, code(aboutOf(finding)), escape(expected), escape(found), escape(since)];
};

function rowCells({ address, states, next }: Row): string[] {
  const { userId, sendAsEmail, certificates } = address;
  const mailbox = userId === sendAsEmail ? "" : ` of ${code(userId)}`;
  const signing = certificates.find(({ isDefault }) => isDefault);
  const which = signing ? code(signing.fingerprint?.slice(0, 8) ?? signing.certificateId) : "";
  const words = states.map((state) => WORDS[state].join(" ")).join(", ");
  return [`${code(sendAsEmail)}${mailbox}`, words, which, next === undefined ? "" : day(next)];
}

function keys({ auditKeys }: Report): string[] {
  if (auditKeys.length === 0) return [];
  const rows = auditKeys.map(({ domain, standing, fingerprint, expires }) => [
    code(domain),
    WORDS[standing].join(" "),
    code(fingerprint),
    expires === undefined ? "never" : day(expires),
  ]);
  return ["### Audit keys", "", ...table(["Domain", "State", "Fingerprint", "Expires"], rows)];
}
