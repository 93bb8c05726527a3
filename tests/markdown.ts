/** The parts of a Markdown page that tests look at: fenced code blocks, sections, tables and links. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const ROOT = join(__dirname, "..");

export interface Block {
  readonly language: string;
  readonly text: string;
}

const BLOCK = /^```.*?^```$/gms;

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
    // in a block a line that begins so is a comment
    const bare = body.replace(BLOCK, (block) => " ".repeat(block.length));
    const end = bare.search(new RegExp(`^#{1,${level}} `, "m"));
    return end < 0 ? body : body.slice(0, end);
  }

  /** Fences of what {@link blocks} does not find: indented, never closed, or with more than a language. */
  strayFences(): string[] {
    const outside = this.#outsideBlocks();
    return outside.match(/^ *(```|~~~).*$/gm) ?? [];
  }

  links(): string[] {
    const outside = this.#outsideBlocks().replaceAll(/`[^`\n]*`/g, "");
    const inText = [...outside.matchAll(/\]\(([^)\s]+)\)/g)];
    const below = [...outside.matchAll(/^\[[^\]]+\]: (\S+)/gm)];
    return [...inText, ...below].map((match) => match[1] ?? "");
  }

  /** Links that lead to no file, or to no heading in it. What is on the web is not asked. */
  brokenLinks(): string[] {
    return this.links().filter((link) => !/^(https:|mailto:)/.test(link) && !this.#leadsSomewhere(link));
  }

  #leadsSomewhere(link: string): boolean {
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? this.path : join(dirname(this.path), file);
    if (!existsSync(join(ROOT, target))) return false;
    return anchor === undefined || new Page(target).anchors().includes(anchor);
  }

  /** As GitHub makes them from headings. */
  anchors(): string[] {
    const headings = [...this.#outsideBlocks().matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? "");
    return headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
  }

  #outsideBlocks(): string {
    return this.text.replace(BLOCK, "");
  }
}

const NOT_OURS = ["node_modules", "dist", "release", "coverage", "venv"];

/** Every Markdown page of the checkout, by its path. */
export function everyPage(folder = ""): Page[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries
    .filter(({ name }) => !name.startsWith(".") && !NOT_OURS.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return everyPage(path);
      return entry.name.endsWith(".md") ? [new Page(path)] : [];
    });
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
