/** Runs a target's cases one after another, each within the limits of time and memory, and repeats a single one. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Target } from "./target";

export interface Order {
  readonly runs: number;
  readonly seed: number;
  /** Of one case, as a failure prints it. */
  readonly path?: string;
  /** Told of each case as it begins. */
  readonly onCase?: (number: number) => void;
}

export interface Result {
  readonly target: string;
  readonly cases: number;
  /** Of the cases, those that the provider took: see {@link triesNothing}. */
  readonly taken: number;
  readonly seconds: number;
  /** The longest case, in milliseconds. */
  readonly slowest: number;
  /** By which the process grew, in MiB. */
  readonly grown: number;
  readonly failure?: { readonly path: string; readonly seed: number; readonly text: string };
}

/** Of so many cases some are fit to be taken and some are not, or a target tries nothing. */
const ENOUGH = 100;
export const triesNothing = ({ cases, taken }: Pick<Result, "cases" | "taken">): boolean =>
  cases >= ENOUGH && (taken === 0 || taken === cases);

/** Generous: a case takes a few milliseconds, and a machine may be busy with other work. */
const LONGEST_CASE = 8_000;
const MOST_GROWTH = 200 * 1024; // KiB

export async function runTarget<T>(target: Target<T>, { runs, seed, path, onCase }: Order): Promise<Result> {
  const opened = await target.open();
  const limits = new Limits();
  const start = performance.now();
  let [count, taken] = [0, 0];
  try {
    const property = fc.asyncProperty(opened.cases, async (value) => {
      count += 1;
      onCase?.(count);
      if (await limits.hold(() => opened.run(value))) taken += 1;
    });
    const repeat = path === undefined ? {} : { path, endOnFailure: true };
    const details = await fc.check(property, { numRuns: runs, seed, ...repeat });
    return {
      target: target.name,
      cases: details.numRuns,
      taken,
      seconds: (performance.now() - start) / 1000,
      slowest: limits.slowest,
      grown: limits.grown / 1024,
      ...(details.failed && { failure: failureOf(details) }),
    };
  } finally {
    limits.end();
    await opened.close?.();
  }
}

function failureOf<T>(details: fc.RunDetailsFailureProperty<[T]> | fc.RunDetails<[T]>): NonNullable<Result["failure"]> {
  const { counterexample, counterexamplePath, errorInstance, seed } = details;
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return { path: counterexamplePath ?? "", seed, text: `${why}\ncase: ${fc.stringify(counterexample)}` };
}

/** Over the cases of one target: time and memory of each, and promises that nobody awaited. */
class Limits {
  slowest = 0;
  readonly #before = process.resourceUsage().maxRSS;
  #unhandled: unknown[] = [];
  readonly #listen = (reason: unknown): void => void this.#unhandled.push(reason);

  constructor() {
    process.on("unhandledRejection", this.#listen);
  }

  get grown(): number {
    return process.resourceUsage().maxRSS - this.#before;
  }

  async hold<T>(work: () => Promise<T>): Promise<T> {
    const [start, memory] = [performance.now(), process.resourceUsage().maxRSS];
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error("the case does not end")), 2 * LONGEST_CASE);
    });
    const result = await Promise.race([work(), late]).finally(() => clearTimeout(timer));
    const milliseconds = performance.now() - start;
    this.slowest = Math.max(this.slowest, milliseconds);
    assert.ok(milliseconds < LONGEST_CASE, `the case took ${milliseconds.toFixed()} ms`);
    const growth = process.resourceUsage().maxRSS - memory;
    assert.ok(growth < MOST_GROWTH, `the process grew by ${(growth / 1024).toFixed()} MiB`);
    const [reason] = this.#unhandled.splice(0);
    assert.equal(reason, undefined, `a promise was rejected that nobody awaited: ${String(reason)}`);
    return result;
  }

  end(): void {
    process.off("unhandledRejection", this.#listen);
  }
}
