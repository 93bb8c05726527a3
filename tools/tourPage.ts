// How the tour looks: headings, the engine's steps in short, and claims with a mark. Colours only where they are wanted.
import { styleText } from "node:util";
import type { Outcome, Step } from "../tests/engineProcess";

type Style = Parameters<typeof styleText>[0];

const SYMBOLS: Record<string, { symbol: string; style: Style }> = {
  create: { symbol: "+", style: "green" },
  update: { symbol: "~", style: "yellow" },
  delete: { symbol: "-", style: "red" },
  "create-replacement": { symbol: "+", style: "green" },
  "delete-replaced": { symbol: "-", style: "red" },
};

export class Page {
  readonly #colour = process.stdout.isTTY && !process.env["NO_COLOR"];
  #step = 0;
  #held = 0;
  #failed = 0;

  title(text: string): void {
    this.#print(this.#styled("bold", text));
  }

  heading(text: string): void {
    this.#print(`\n${this.#styled("bold", `${++this.#step}. ${text}`)}`);
  }

  command(text: string): void {
    this.#print(`   ${this.#styled("dim", `$ ${text}`)}`);
  }

  note(text: string): void {
    this.#print(`   ${text}`);
  }

  /** What a command printed. */
  text(text: string): void {
    for (const line of text.trimEnd().split("\n")) this.#print(`   ${this.#styled("yellow", "│")} ${line}`.trimEnd());
  }

  /** What the engine did or would do: not what stays the same, and of a replacement only its two halves. */
  steps({ steps }: Outcome): void {
    for (const step of steps) this.#stepLine(step);
  }

  /** What the provider says under the resources, without the engine's preface. */
  messages({ messages }: Outcome, pattern: RegExp): void {
    const shown = messages.filter(({ severity, text }) => severity !== "debug" && pattern.test(text));
    const texts = shown.map(({ text }) =>
      text.replace(/^pulumi-nodejs:.* has a problem: /s, "").replace(/^warning: /, ""),
    );
    for (const text of new Set(texts)) {
      for (const line of wrap(text, 108)) this.#print(`   ${this.#styled("yellow", "│")} ${line}`);
    }
  }

  /** A claim and whether it held; `found` says what was there instead. */
  claim(text: string, held: boolean, found?: unknown): void {
    if (held) this.#held++;
    else this.#failed++;
    this.#print(`   ${held ? this.#styled("green", "✔") : this.#styled("red", "✘")} ${text}`);
    if (!held && found !== undefined)
      this.#print(`     found: ${typeof found === "string" ? found : JSON.stringify(found)}`);
  }

  /** The closing line; true if every claim held. */
  close(seconds: number): boolean {
    const counts = `${this.#held} claims held, ${this.#failed} did not`;
    this.#print(`\n${this.#styled(this.#failed === 0 ? "green" : "red", counts)} (${seconds.toFixed(0)} s)`);
    return this.#failed === 0 && this.#held > 0;
  }

  #stepLine({ op, type, name, diffs }: Step): void {
    const look = SYMBOLS[op];
    if (look === undefined || !type.includes("google-workspace-mail:")) return;
    const kind = type.slice(type.lastIndexOf(":") + 1);
    const what = diffs.length > 0 && op !== "delete" ? this.#styled("dim", ` (${diffs.join(", ")})`) : "";
    this.#print(`   ${this.#styled(look.style, `${look.symbol} ${op.padEnd(18)}`)} ${kind.padEnd(24)} ${name}${what}`);
  }

  #styled(style: Style, text: string): string {
    return this.#colour ? styleText(style, text, { validateStream: false }) : text;
  }

  #print(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) ?? "";
    if (last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines;
}
