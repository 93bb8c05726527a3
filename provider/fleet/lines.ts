/** Line numbers of a text as editors count them: \r\n, \n and \r end a line, also within quotes. */

const [LF, CR] = [10, 13];

export class Lines {
  #at = 0;
  #ended = 0;

  /** In UTF-8. */
  constructor(private readonly text: Uint8Array) {}

  /** The first line that is longer than so many bytes. */
  static longer(text: Uint8Array, most: number): number | undefined {
    let [begin, number] = [0, 1];
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === LF || text[at] === CR) {
        if (text[at] === LF || text[at + 1] !== LF) number += 1;
        begin = at + 1;
      } else if (at - begin >= most) return number;
    }
    return undefined;
  }

  /** The line on which a part that ends before `offset` ends; its own line end is part of it. Offsets only ever grow. */
  endingAt(offset: number): number {
    this.#goTo(offset);
    return this.#isEnd(offset - 1) ? this.#ended : this.#ended + 1;
  }

  /** The line of what comes next at `offset` or behind it that is no line end. */
  after(offset: number): number {
    let next = offset;
    while (this.#isEnd(next)) next += 1;
    this.#goTo(next);
    return this.#ended + 1;
  }

  #goTo(offset: number): void {
    for (; this.#at < offset; this.#at += 1) {
      const isPair = this.text[this.#at] === CR && this.text[this.#at + 1] === LF;
      if (this.#isEnd(this.#at) && !isPair) this.#ended += 1;
    }
  }

  #isEnd(offset: number): boolean {
    return this.text[offset] === LF || this.text[offset] === CR;
  }
}
