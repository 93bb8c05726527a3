/** A preview as the comment of a pull request: what is refused and why, which mailbox gets which certificate, what to mind. */
import { counted } from "../../provider/fleet/told";
import { code, escape, fitting, table } from "../markdown";
import type { Review } from "../review";
import type { Certificate, Change } from "./changes";

export function markdownOf(review: Review): string {
  const { project, stack, ok, changes, same, errors, warnings, violations } = review;
  const refused = violations.filter(({ isMandatory }) => isMandatory);
  const advised = violations.filter(({ isMandatory }) => !isMandatory);
  const policy = ({ policy, whom, text }: Review["violations"][number]): string =>
    `- ${code(policy)} ${whom === "" ? "" : `${code(whom)}: `}${escape(text)}`;
  return fitting([
    `### ${ok ? "✅" : "❌"} Mail keys of ${code(`${project}/${stack}`)}: ${escape(summary(review))}`,
    "",
    ...section("Refused", [
      ...errors.map(({ whom, text }) => `- ${whom === "" ? "" : `${code(whom)}: `}${escape(text)}`),
      ...refused.map(policy),
    ]),
    ...(errors.some(({ whom }) => whom !== "") ? [FIRST, ""] : []),
    ...table(["Mailbox", "What happens", "Certificate", "Valid", "Resource"], changes.map(row)),
    ...section("Mind", [...warnings.map(({ text }) => `- ${escape(text)}`), ...advised.map(policy)]),
    ok && changes.length === 0 ? `Nothing changes: ${counted(same, "resource")} as before.` : "",
    "",
    "<sub>From the program, the key files and the stack's state alone: Google was not asked. What changed in Gmail meanwhile is told by `drift`.</sub>",
    "",
  ]);
}

/** The engine cancels a preview when a check fails. */
const FIRST =
  "Pulumi ends a preview at the first resource that is refused: once it is mended, others may be refused as well.";

function summary({ ok, changes, same, errors, violations }: Review): string {
  if (!ok) {
    const reasons = errors.length + violations.filter(({ isMandatory }) => isMandatory).length;
    return `the preview is refused, for ${counted(reasons, "reason")}`;
  }
  if (changes.length === 0) return "no change";
  const whom = new Set(changes.filter(({ kind }) => kind !== "other").map((change) => change.whom)).size;
  const loses = changes.filter(({ kind }) => kind === "loses").length;
  const keys = loses === 0 ? "" : `, ${counted(loses, "key")} deleted from Gmail`;
  return `${counted(changes.length, "change")} for ${counted(whom, "address")}${keys}; ${String(same)} stay as they are`;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`**${title}**`, "", ...lines, ""];

const row = ({ whom, what, certificate = {}, resource, op }: Change): string[] => [
  code(whom),
  emphasised(what),
  certificateCell(certificate),
  validCell(certificate),
  `${code(resource)} (${escape(op)})`,
];

/** Our own words may be bold; the rest of them is text. */
const emphasised = (what: string): string => {
  const [, bold, rest] = /^\*\*(\w+)\*\*(.*)$/s.exec(what) ?? [];
  return bold === undefined ? escape(what) : `**${bold}**${escape(rest ?? "")}`;
};

function certificateCell({ subject, issuerCn, fingerprint }: Certificate): string {
  const parts = [
    subject === undefined ? "" : code(subject),
    issuerCn === undefined || issuerCn === "" ? "" : `by ${code(issuerCn)}`,
    fingerprint === undefined ? "" : `SHA-256 ${code(`${fingerprint.slice(0, 16)}…`)}`,
  ];
  return parts.filter((part) => part !== "").join("<br>");
}

const validCell = ({ notBefore, expiration }: Certificate): string =>
  expiration === undefined
    ? ""
    : `${notBefore === undefined ? "" : `${notBefore.slice(0, 10)} `}to ${expiration.slice(0, 10)}`;
