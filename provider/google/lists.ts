/** The lists that addresses answered with: one shared by all who ask, our own writes applied to it, and forgotten in the end. */
import type { SmimeInfo } from "./gmail";
import { unlessInterrupted } from "../mailKeyError";

/** Undefined: no such address. */
export type Entries = readonly SmimeInfo[] | undefined;

/** A write trusts a list for this long (milliseconds). */
export const FRESH = 10_000;

/**
 * What only looks at an address shares one list for as long as a run of thousands of mailboxes takes: Pulumi creates and
 * refreshes all certificates first, and then all defaults.
 */
export const RUN = 600_000;

interface Snapshot {
  /** Infinity until it is answered: whoever asks meanwhile waits for the same answer. */
  taken: number;
  entries: Promise<Entries>;
}

export class Lists {
  /** The oldest come first. */
  readonly #snapshots = new Map<string, Snapshot>();

  /** `elapsed`: milliseconds that only ever grow. */
  constructor(private readonly elapsed: () => number) {}

  /** One that is younger than `age`, or the answer to `ask`. */
  async get(key: string, age: number, ask: () => Promise<Entries>): Promise<Entries> {
    const known = this.#snapshots.get(key);
    if (!known || this.elapsed() - known.taken >= age) return this.again(key, ask);
    try {
      return await known.entries;
    } catch (error) {
      unlessInterrupted(error);
      return this.get(key, age, ask);
    }
  }

  again(key: string, ask: () => Promise<Entries>): Promise<Entries> {
    const entries = ask();
    const snapshot: Snapshot = { taken: Infinity, entries };
    this.#forgetOld();
    this.drop(key);
    this.#snapshots.set(key, snapshot);
    entries.then(
      () => (snapshot.taken = this.elapsed()),
      () => this.drop(key),
    );
    return entries;
  }

  patch(key: string, change: (entries: readonly SmimeInfo[]) => readonly SmimeInfo[]): void {
    const known = this.#snapshots.get(key);
    if (!known) return;
    known.entries = known.entries.then((before) => before && change(before));
    known.entries.catch(() => undefined); // who asks for the list is told; nobody may be waiting for this one
  }

  drop(key: string): void {
    this.#snapshots.delete(key);
  }

  /** Ten thousand lists are a hundred megabytes. */
  #forgetOld(): void {
    for (const [key, { taken }] of this.#snapshots) {
      if (this.elapsed() - taken < RUN) return;
      this.drop(key);
    }
  }
}
