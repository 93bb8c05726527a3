/**
 * `npm run bench -- [--sizes 100,500,2000] [--fleet 10000] [--json FILE]`: measures all parts in turn, writes
 * docs/benchmark.md and docs/benchmark.svg, and the figures to FILE. Tells on stderr how far it is. Exits with 0 when all
 * was measured, whether or not the goals are met; with 1 where a part failed, which it names; with 2 on a wrong command line.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "prettier";
import { measureFleet } from "./fleet";
import { measureFloor } from "./floor";
import { goalsOf, verdict } from "./goals";
import { countRequests } from "./jobs";
import { Lab } from "./lab";
import { describeMachine } from "./machine";
import { readOptions, type Options } from "./options";
import { page, type Report } from "./page";
import { plot } from "./plot";
import { compareWithSample } from "./sample";
import { measureState } from "./state";

const DOCS = join(__dirname, "../../docs");

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

async function main(options: Options): Promise<number> {
  if (!existsSync("/proc/self/stat")) throw new Error("processes are counted through /proc, which only Linux has");
  const lab = new Lab(say);
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => {
      lab.dispose();
      process.exit(code);
    });
  try {
    const report = await measure(lab, options);
    await write(report, options);
    for (const goal of goalsOf(report.results))
      process.stdout.write(
        `${goal.about}: ${String(goal.found)}, goal ${goal.bound} ${String(goal.goal)}, ${verdict(goal)}\n`,
      );
    return 0;
  } finally {
    lab.dispose();
  }
}

/** The quick ones first: what is broken shows early. */
async function measure(lab: Lab, { sizes, fleet: rows }: Options): Promise<Report> {
  const machine = await part("machine and versions", () => describeMachine());
  const requests = await part("requests of a job", () => countRequests(lab));
  const state = await part("bytes of state", () => measureState(lab));
  const fleet = await part("fleet", () => measureFleet(lab, rows));
  const vsSample = await part("Google's sample", () => compareWithSample(lab, rows));
  const { profiles, ...floor } = await part("no-op floor", () => measureFloor(lab, sizes));
  const results = {
    ...floor,
    vsSample,
    requests,
    stateBytes: state.ours - state.noop,
    providerTextBytes: state.oursText,
    ...fleet,
  };
  const command = `npm run bench -- --sizes ${sizes.join(",")} --fleet ${String(rows)}`;
  return { results, profiles, state, machine, rows, command };
}

async function part<T>(name: string, work: () => Promise<T>): Promise<T> {
  say(name);
  try {
    return await work();
  } catch (error) {
    throw new Error(`the part "${name}" failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function write(report: Report, { json }: Options): Promise<void> {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report.results, null, 2)}\n`);
  await mkdir(DOCS, { recursive: true });
  const text = await format(page(report), { parser: "markdown", printWidth: 120 });
  await writeFile(join(DOCS, "benchmark.md"), text);
  await writeFile(join(DOCS, "benchmark.svg"), plot(report.results));
}

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return process.exit(2);
  }
}

main(optionsOrExit()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
