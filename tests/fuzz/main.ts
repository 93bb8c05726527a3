/**
 * npm run fuzz -- [--runs N] [--seed S] [--target NAME] [--path P]
 *
 * Hostile input from a seed, at everything that reads what others wrote. Prints a table, for each failure the command that
 * repeats it, and at last `targets T, runs N each, failures F`; exits with 0 only where F is 0.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { targets } from "./index";
import { runTarget, type Result } from "./runner";
import { Watchdog } from "./watchdog";

const { values } = parseArgs({
  options: { runs: { type: "string" }, seed: { type: "string" }, target: { type: "string" }, path: { type: "string" } },
});

function count(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new Error("--runs and --seed take whole numbers.");
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const columns = (cells: readonly string[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(12) : cell.padStart(11))).join("");

const row = ({ target, cases, taken, seconds, slowest, grown, failure }: Result): string =>
  columns([
    target,
    String(cases),
    String(taken),
    `${seconds.toFixed(1)} s`,
    `${slowest.toFixed()} ms`,
    `${grown.toFixed()} MiB`,
    failure ? "FAILED" : "ok",
  ]);

async function main(): Promise<number> {
  const [runs, seed] = [count(values.runs, 1000), count(values.seed, randomInt(2 ** 31))];
  const chosen = targets.filter(({ name }) => values.target === undefined || values.target === name);
  if (chosen.length === 0)
    throw new Error(`There is no such target. There are ${targets.map(({ name }) => name).join(", ")}.`);
  const watchdog = new Watchdog();
  let failures = 0;
  print(`seed ${String(seed)}`);
  print(columns(["target", "cases", "taken", "time", "slowest", "memory", "result"]));
  for (const target of chosen) {
    const command = `npm run fuzz -- --runs 1 --target ${target.name} --seed ${String(seed)} --path`;
    const onCase = (number: number): void => watchdog.begins(`${command} ${values.path ?? String(number - 1)}`);
    const path = values.path === undefined ? {} : { path: values.path };
    const result = await runTarget(target, { runs, seed, onCase, ...path });
    print(row(result));
    if (!result.failure) continue;
    failures += 1;
    print(`${result.failure.text}\nrepeat: ${command} ${result.failure.path}`);
  }
  watchdog.end();
  print(`targets ${String(chosen.length)}, runs ${String(runs)} each, failures ${String(failures)}`);
  return failures === 0 ? 0 : 1;
}

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
