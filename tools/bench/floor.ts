/**
 * Part (a): our resources against as many no-op ones, side by side and in turns, at each size. Half of the resources are
 * certificates and half are the defaults of their addresses: a size of 500 is 250 mailboxes.
 */
import type { EmulatorProcess } from "./emulatorProcess";
import type { BenchStack, Lab, Measured } from "./lab";
import { mailboxes, projectFiles, type Mailbox } from "./mailboxes";
import { ROLES, type Cpu } from "./processes";
import type { BySize, Results } from "./results";
import { growthExponent, median, rounded } from "./statistics";

/** Pairs at each size; a small one is over soon, and its share of chance is larger. */
const pairsOf = (size: number): number => (size <= 200 ? 5 : 3);

const VERBS = ["up", "noop", "refresh"] as const;
type Verb = (typeof VERBS)[number];
type Side = Record<Verb, Measured>;
interface Pair {
  readonly floor: Side;
  readonly ours: Side;
}

/** Where the CPU time of an up goes, each as a multiple of all that the no-op's up takes. */
export interface Profile {
  readonly size: number;
  readonly floor: Cpu;
  readonly ours: Cpu;
  readonly emulator: number;
}

export type Floor = Pick<Results, "upRatio" | "upCpuRatio" | "noopRatio" | "refreshRatio" | "growthExponent"> & {
  readonly profiles: readonly Profile[];
};

export async function measureFloor(lab: Lab, sizes: readonly number[]): Promise<Floor> {
  const ratios = {
    upRatio: {} as BySize,
    upCpuRatio: {} as BySize,
    noopRatio: {} as BySize,
    refreshRatio: {} as BySize,
  };
  const ups: [number, number][] = [];
  const profiles: Profile[] = [];
  for (const size of sizes) {
    const pairs = await measureSize(lab, size);
    const ratio = (of: (side: Side) => number): number =>
      rounded(median(pairs.map(({ ours, floor }) => of(ours) / of(floor))));
    const key = String(size);
    ratios.upRatio[key] = ratio(({ up }) => up.wall);
    ratios.upCpuRatio[key] = ratio(({ up }) => total(up.cpu));
    ratios.noopRatio[key] = ratio(({ noop }) => noop.wall);
    ratios.refreshRatio[key] = ratio(({ refresh }) => refresh.wall);
    ups.push([size, median(pairs.map(({ ours }) => ours.up.wall))]);
    profiles.push(profileOf(size, pairs));
  }
  const exponent = growthExponent(ups);
  return { ...ratios, growthExponent: exponent === null ? null : rounded(exponent), profiles };
}

async function measureSize(lab: Lab, size: number): Promise<Pair[]> {
  const emulator = await lab.emulator();
  const boxes = await mailboxes(Math.ceil(size / 2), (done) => lab.tell(`minted ${String(done)} certificates`));
  const pairs: Pair[] = [];
  const count = pairsOf(size);
  for (let number = 1; number <= count; number += 1) {
    const floor = await measureSide(lab, emulator, "noop", size, boxes);
    const ours = await measureSide(lab, emulator, "ours", size, boxes);
    pairs.push({ floor, ours });
    const told = VERBS.map((verb) => `${verb} ${(ours[verb].wall / floor[verb].wall).toFixed(2)}`).join(", ");
    const cpu = (total(ours.up.cpu) / total(floor.up.cpu)).toFixed(2);
    lab.tell(`${String(size)} resources, pair ${String(number)} of ${String(count)}: ${told}, CPU of up ${cpu}`);
  }
  return pairs;
}

/** The first up, one that changes nothing, and a refresh, of a new stack. */
async function measureSide(
  lab: Lab,
  emulator: EmulatorProcess,
  program: "ours" | "noop",
  size: number,
  boxes: readonly Mailbox[],
): Promise<Side> {
  await emulator.reset(boxes.map(({ email }) => email));
  const stack = await lab.stack(program, emulator, projectFiles(boxes), { BENCH_RESOURCES: String(size) });
  try {
    const up = await stack.measure("up");
    const asked = (await emulator.takeRequests()).length;
    const noop = await stack.measure("up");
    const again = (await emulator.takeRequests()).length;
    const refresh = await stack.measure("refresh");
    await expectDone(stack, emulator, program, size, { asked, again });
    return { up, noop, refresh };
  } finally {
    stack.dispose();
  }
}

/** A figure of something that was not done is worth nothing. */
async function expectDone(
  stack: BenchStack,
  emulator: EmulatorProcess,
  program: "ours" | "noop",
  size: number,
  { asked, again }: { asked: number; again: number },
): Promise<void> {
  const kept = (await stack.resources()).filter((text) => text.includes('"__provider"')).length;
  if (kept !== size) throw new Error(`the state has ${String(kept)} resources of ${String(size)}`);
  if (program === "noop" ? asked !== 0 : again !== 0) throw new Error("Google was asked where nothing was to do");
  if (program === "noop") return;
  const { certificates, defaults } = await uploaded(emulator);
  if (certificates + defaults !== size)
    throw new Error(`${String(certificates)} certificates and ${String(defaults)} defaults were set`);
}

/** What the mailboxes hold now. */
export async function uploaded(emulator: EmulatorProcess): Promise<{ certificates: number; defaults: number }> {
  const { users } = await emulator.state();
  const all = Object.values(users).flatMap(({ sendAs }) => Object.values(sendAs).flatMap(({ smimeInfo }) => smimeInfo));
  return { certificates: all.length, defaults: all.filter(({ isDefault }) => isDefault).length };
}

function profileOf(size: number, pairs: readonly Pair[]): Profile {
  const share = (of: (pair: Pair) => number): number =>
    rounded(median(pairs.map((pair) => of(pair) / total(pair.floor.up.cpu))));
  const sideOf = (side: keyof Pair): Cpu => ({
    engine: share((pair) => pair[side].up.cpu.engine),
    program: share((pair) => pair[side].up.cpu.program),
    provider: share((pair) => pair[side].up.cpu.provider),
  });
  return { size, floor: sideOf("floor"), ours: sideOf("ours"), emulator: share(({ ours }) => ours.up.emulator) };
}

const total = (cpu: Cpu): number => ROLES.reduce((sum, role) => sum + cpu[role], 0);
