/**
 * npm run fuzz -- [--runs N] [--seed S] [--target NAME] [--path P]
 *
 * Hostile input from a seed, at everything that reads what others wrote. Prints a table, for each failure the command that
 * repeats it, and at last `targets T, cases C, failures F`, C being all that were run. Exits with 0 where F is 0, with 1
 * where it is not, and with 2 where the command line is wrong.
 */
import { targets } from "./index";
import { readOptions } from "./options";
import { runTarget, triesNothing, type Result } from "./runner";
import { Watchdog } from "./watchdog";

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const columns = (cells: readonly string[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(12) : cell.padStart(11))).join("");

const row = ({ target, cases, taken, seconds, slowest, grown }: Result, isFine: boolean): string =>
  columns([
    target,
    String(cases),
    String(taken),
    `${seconds.toFixed(1)} s`,
    `${slowest.toFixed()} ms`,
    `${grown.toFixed()} MiB`,
    isFine ? "ok" : "FAILED",
  ]);

/** What is wrong with a target's run, and how to repeat it. */
function problemOf(result: Result, command: string): string | undefined {
  if (result.failure) return `${result.failure.text}\nrepeat: ${command} ${result.failure.path}`;
  if (!triesNothing(result)) return undefined;
  return `${result.target}: ${String(result.taken)} of ${String(result.cases)} cases were taken, so that nothing is tried`;
}

async function main(): Promise<number> {
  const { runs, seed, target: wanted, ...path } = readOptions(process.argv.slice(2));
  const chosen = targets.filter(({ name }) => wanted === undefined || wanted === name);
  if (chosen.length === 0)
    throw new Error(`There is no such target. There are ${targets.map(({ name }) => name).join(", ")}.`);
  const watchdog = new Watchdog();
  let [cases, failures] = [0, 0];
  print(`seed ${String(seed)}`);
  print(columns(["target", "cases", "taken", "time", "slowest", "memory", "result"]));
  for (const target of chosen) {
    const command = `npm run fuzz -- --runs 1 --target ${target.name} --seed ${String(seed)} --path`;
    const onCase = (number: number): void => watchdog.begins(`${command} ${path.path ?? String(number - 1)}`);
    const result = await runTarget(target, { runs, seed, onCase, ...path });
    const problem = problemOf(result, command);
    print(row(result, problem === undefined));
    cases += result.cases;
    if (problem === undefined) continue;
    failures += 1;
    print(problem);
  }
  watchdog.end();
  print(`targets ${String(chosen.length)}, cases ${String(cases)}, failures ${String(failures)}`);
  return failures === 0 ? 0 : 1;
}

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
