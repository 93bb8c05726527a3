/** The parts of a Markdown page that tests look at: fenced code blocks, sections, tables and links. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(__dirname, "..");

export interface Block {
  readonly language: string;
  readonly text: string;
}

export class Page {
  readonly text: string;

  constructor(readonly path: string) {
    this.text = readFileSync(join(ROOT, path), "utf8");
  }

  blocks(language?: string): Block[] {
    const found = [...this.text.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map((match) => ({
      language: match[1] ?? "",
      text: match[2] ?? "",
    }));
    return found.filter((block) => language === undefined || block.language === language);
  }

  /** From a heading to the next one of its level or above; throws where there is none. */
  section(heading: string): string {
    const level = /^#+/.exec(heading)?.[0].length ?? 0;
    const start = this.text.indexOf(`\n${heading}\n`);
    if (start < 0) throw new Error(`${this.path} has no heading "${heading}"`);
    const body = this.text.slice(start + heading.length + 2);
    const end = body.search(new RegExp(`^#{1,${level}} `, "m"));
    return end < 0 ? body : body.slice(0, end);
  }

  links(): string[] {
    const outside = this.text.replace(/^```.*?^```$/gms, "");
    return [...outside.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  }

  /** As GitHub makes them from headings. */
  anchors(): string[] {
    const headings = [...this.text.matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? "");
    return headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
  }
}

/** The rows of the table whose first column is headed `head`, cell by cell; empty where there is no such table. */
export function tableRows(text: string, head: string): string[][] {
  const tables = text.split(/\n\n+/).filter((part) => part.trimStart().startsWith("|"));
  const table = tables.find((part) => cells(part.trim().split("\n")[0] ?? "")[0] === head);
  return (table?.trim().split("\n").slice(2) ?? []).map(cells);
}

const cells = (row: string): string[] =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Names in code marks, in order. */
export const codes = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
