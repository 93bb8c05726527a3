// How far all shards are: one line that is written over on a terminal, a line an event elsewhere, and the summary.
import type { Outcome } from "./oneShard";

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const SYMBOLS = { done: ["✔", 32], unchanged: ["=", 2], failed: ["✘", 31] } as const;

export class Progress {
  readonly #running = new Map<string, string>();
  readonly #outcomes: Outcome[] = [];
  readonly #live: boolean;
  readonly #coloured: boolean;

  /** `environment`: NO_COLOR with any value wants no colours (no-color.org). */
  constructor(
    private readonly total: number,
    private readonly screen: Screen,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#live = screen.isTTY === true;
    this.#coloured = this.#live && !environment["NO_COLOR"];
  }

  begin(stack: string): void {
    this.#running.set(stack, "");
    this.#redraw();
  }

  /** What a shard that runs says. */
  tell(stack: string, line: string): void {
    this.#running.set(stack, line);
    if (this.#live) this.#redraw();
    else this.screen.write(`${stack}: ${line}\n`);
  }

  end(outcome: Outcome): void {
    this.#running.delete(outcome.stack);
    this.#outcomes.push(outcome);
    const [symbol, colour] = SYMBOLS[outcome.state];
    const rows = outcome.rows === undefined ? "" : `, ${rowsOf(outcome.rows)}`;
    this.#clear();
    this.screen.write(`${this.#in(colour, symbol)} ${outcome.stack} ${outcome.state}${rows}\n`);
    this.#redraw();
  }

  /** What is worth a line of its own. */
  note(line: string): void {
    this.#clear();
    this.screen.write(`${line}\n`);
    this.#redraw();
  }

  /** True where nothing failed and nothing was left. */
  summary(): boolean {
    this.#clear();
    const failed = this.#outcomes.filter(({ state }) => state === "failed").sort(byName);
    const left = this.total - this.#outcomes.length;
    const counts = (["done", "unchanged", "failed"] as const).map((state) => `${String(this.#count(state))} ${state}`);
    const rows = this.#outcomes.reduce((sum, outcome) => sum + (outcome.rows ?? 0), 0);
    const begun = left === 0 ? "" : `, ${String(left)} not begun`;
    this.screen.write(`\n${String(this.total)} shards: ${counts.join(", ")}${begun}; ${rowsOf(rows)}\n`);
    for (const { stack, reasons } of failed) this.screen.write(`\n${this.#in(31, stack)}\n${indented(reasons)}\n`);
    return failed.length === 0 && left === 0;
  }

  #count(state: Outcome["state"]): number {
    return this.#outcomes.filter((outcome) => outcome.state === state).length;
  }

  #redraw(): void {
    if (!this.#live || this.#running.size === 0) return;
    const running = [...this.#running].map(([stack, line]) => (line === "" ? stack : `${stack} (${line})`));
    const failed = this.#count("failed") === 0 ? "" : `, ${String(this.#count("failed"))} failed`;
    const line = `${String(this.#outcomes.length)} of ${String(this.total)} shards${failed}; ${running.join(", ")}`;
    this.#clear();
    this.screen.write(line.slice(0, (this.screen.columns ?? 80) - 1));
  }

  #clear(): void {
    if (this.#live) this.screen.write("\r\u001b[K");
  }

  #in(colour: number, text: string): string {
    return this.#coloured ? `\u001b[${String(colour)}m${text}\u001b[0m` : text;
  }
}

const rowsOf = (count: number): string => (count === 1 ? "1 row" : `${String(count)} rows`);

const indented = (reasons: readonly string[]): string =>
  reasons.flatMap((reason) => reason.split("\n").map((line) => `  ${line}`)).join("\n");

/** shard-2 before shard-10. */
const byName = (a: Outcome, b: Outcome): number => a.stack.localeCompare(b.stack, "en", { numeric: true });
