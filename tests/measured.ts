/** What a refusal cost, told in the test's output: the limits of DESIGN.md hold before any work is done. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

/** Generous for a busy machine, and far below what the work itself would take. */
const LONGEST = 20_000; // ms
const MOST = 64; // MiB

/** What other work of this process takes meanwhile (its collector, threads) is counted too, but not three times. */
const TRIES = 3;

/** `work` may be done again. */
export async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    forgetPeak();
    const [start, before] = [performance.now(), process.memoryUsage().rss];
    const result = await work();
    const milliseconds = performance.now() - start;
    const grown = Math.max(0, (peak() ?? process.memoryUsage().rss) - before) / 2 ** 20;
    if (left > 0 && (milliseconds >= LONGEST || grown >= MOST)) continue;
    process.stdout.write(`        ${what}: refused in ${milliseconds.toFixed()} ms, ${grown.toFixed(1)} MB\n`);
    assert.ok(milliseconds < LONGEST, `${what} took ${milliseconds.toFixed()} ms`);
    assert.ok(grown < MOST, `${what} took ${grown.toFixed()} MiB`);
    return result;
  }
}

/** Linux counts the most that a process ever had, and counts anew when told so. */
function forgetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // elsewhere only what is left at the end is seen
  }
}

function peak(): number | undefined {
  try {
    return (
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN) * 1024 || undefined
    );
  } catch {
    return undefined;
  }
}
