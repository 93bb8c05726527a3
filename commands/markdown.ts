/**
 * Markdown for comments, issues and job summaries. What stands in it is of others: a certificate's subject can hold markup,
 * links and mentions, so every value is a code span or is escaped.
 */
import { printable } from "../provider/mailKeyError";

/** GitHub's limit for a comment or an issue, in characters; GitLab's is larger. */
const MOST = 65_536;

/** As it is, in a table's cell too: nothing in a code span is markup but the backtick, and `|` where a table is. */
export function code(text: string): string {
  const plain = oneLine(text).replaceAll("`", "'").replaceAll("|", "\\|");
  return plain === "" ? "" : `\`${plain}\``;
}

/** A sentence in running text or a cell. What would mention somebody is broken up by a character that shows nothing. */
export const escape = (text: string): string =>
  oneLine(text)
    .replace(/[\\`*_[\]|~$#+]/g, "\\$&")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/(?<!\w)@/g, "@\u200b")
    .replace(/\b(https?|ftp):\/\//gi, "$1:\u200b//")
    .replace(/\bwww\./gi, "www\u200b.");

/** Before a finding, by its severity. */
export const SIGNS = { error: "❌", warning: "⚠️", info: "ℹ️" } as const;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return rows.length === 0 ? [] : [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

/** Whole lines, as many as there is room for, and a sentence about the others; of several blank lines one. */
export function fitting(all: readonly string[], most = MOST - 1_000): string {
  const lines = all.filter((line, index) => line !== "" || all[index - 1] !== "");
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > most) break;
    kept.push(line);
  }
  const left = lines.length - kept.length;
  const rest = left === 0 ? [] : ["", `… and ${String(left)} more lines, which there is no room for here.`, ""];
  return [...kept, ...rest].join("\n");
}

/** Signs that show nothing, or turn the text around them. */
export const UNSEEN = /[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const oneLine = (text: string): string => printable(text).replace(UNSEEN, "").replace(/\s+/g, " ").trim();
