/** Where a command speaks: results on stdout, everything else on stderr; colours on a terminal only (no-color.org). */
const STYLES = { red: 31, green: 32, yellow: 33 } as const;

interface Stream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Console {
  readonly #inPlace: boolean;
  readonly #coloured: Readonly<Record<"out" | "err", boolean>>;
  /** What stands on the terminal's last line, to be written over. */
  #status = "";

  constructor(
    private readonly out: Stream,
    private readonly err: Stream,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#inPlace = err.isTTY === true && environment["TERM"] !== "dumb";
    const takesColour = environment["TERM"] !== "dumb" && !environment["NO_COLOR"];
    this.#coloured = { out: takesColour && out.isTTY === true, err: takesColour && err.isTTY === true };
  }

  result(text: string): void {
    this.#clear();
    this.#status = "";
    this.out.write(text);
  }

  say(line: string): void {
    this.#clear();
    this.err.write(`${line}\n`);
    this.#show();
  }

  /** For the stream on which the text is going to be said. */
  paint(style: keyof typeof STYLES, text: string, stream: "out" | "err" = "err"): string {
    return this.#coloured[stream] ? `\u001b[${String(STYLES[style])}m${text}\u001b[39m` : text;
  }

  /** How far a long work is: one line rewritten in place on a terminal, and a line at each tenth elsewhere. */
  progress(done: number, all: number, text: string): void {
    if (this.#inPlace) {
      this.#clear();
      this.#status = done < all ? text : "";
      this.#show();
    } else if (done < all && Math.floor((done * 10) / all) > Math.floor(((done - 1) * 10) / all))
      this.err.write(`${text}\n`);
  }

  #clear(): void {
    if (this.#status !== "") this.err.write("\r\u001b[K");
  }

  #show(): void {
    if (this.#status !== "") this.err.write(this.#status);
  }
}
