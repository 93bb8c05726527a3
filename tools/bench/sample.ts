/**
 * Part (b): with answers that take 50 ms, users a second: the guide's own sample, our single resources at `--parallel 64`,
 * and the fleet, each from nothing to the end of its process, for the same CSV.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EmulatorProcess } from "./emulatorProcess";
import { uploaded } from "./floor";
import type { Lab } from "./lab";
import { mailboxes, projectFiles } from "./mailboxes";
import { findPython } from "./python";
import type { Results } from "./results";
import { run } from "./run";
import { median, rounded } from "./statistics";

export const LATENCY = 50;
export const PARALLEL = 64;
/** The sample takes minutes for these, always at the same rate: one after the other. */
const MOST_USERS = 500;
/** Ours are over in seconds, and so chance has a larger share. */
const TRIES = 3;

type Files = ReturnType<typeof projectFiles>;

export async function compareWithSample(lab: Lab, rows: number): Promise<Results["vsSample"]> {
  const boxes = await mailboxes(Math.min(rows, MOST_USERS), () => undefined);
  const [emulator, files, python] = [await lab.emulator(LATENCY), projectFiles(boxes), await findPython(lab)];
  const rate = async (name: string, work: () => Promise<number>): Promise<number> => {
    await emulator.reset(boxes.map(({ email }) => email));
    const users = boxes.length / (await work());
    const { certificates, defaults } = await uploaded(emulator);
    if (certificates !== boxes.length || defaults !== boxes.length)
      throw new Error(`${name} set ${String(certificates)} certificates and ${String(defaults)} defaults`);
    lab.tell(`${name}: ${users.toFixed(1)} users a second`);
    return users;
  };
  const sample = await rate("the guide's sample", () => runSample(lab, emulator, python, files));
  const ours = async (name: string, program: "ours" | "fleet"): Promise<number> => {
    const rates: number[] = [];
    for (let tries = 0; tries < TRIES; tries += 1)
      rates.push(await rate(name, () => runStack(lab, emulator, program, files, boxes.length)));
    return rounded(median(rates) / sample, 1);
  };
  return { resources: await ours("single resources", "ours"), fleet: await ours("the fleet", "fleet") };
}

/** Seconds. */
async function runSample(lab: Lab, emulator: EmulatorProcess, python: string, files: Files): Promise<number> {
  const folder = join(lab.folder, "sample");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const args = [join(__dirname, "sample.py"), emulator.keyPath, emulator.url, "rows.csv"];
  const start = performance.now();
  await run(python, args, folder);
  return (performance.now() - start) / 1000;
}

/** Seconds. */
async function runStack(
  lab: Lab,
  emulator: EmulatorProcess,
  program: "ours" | "fleet",
  files: Files,
  users: number,
): Promise<number> {
  const stack = await lab.stack(program, emulator, files, { BENCH_RESOURCES: String(2 * users) });
  try {
    return (await stack.measure("up", ["--parallel", String(PARALLEL)])).wall;
  } finally {
    stack.dispose();
  }
}
