/**
 * `npm run chaos -- --seeds N [--first S]`: so many random lives, each from its seed. The last line counts what
 * happened, and the exit code is 0 only if nothing was duplicated, lost, leaked or broken.
 */
import { parseArgs } from "node:util";
import { Lanes, type Report } from "./lanes";

const USAGE = "usage: npm run chaos -- --seeds N [--first S]";

async function main(): Promise<number> {
  const { seeds, first } = readArguments();
  const terminal = process.stderr.isTTY;
  let done = 0;
  const lanes = new Lanes({
    onReport: (report) => {
      done += 1;
      if (terminal) process.stderr.write(`\r\x1b[K${String(done)} of ${String(seeds)} seeds`);
      else process.stderr.write(`${line(report)}\n`);
      if (report.problems.length > 0) tell(report);
    },
  });
  const total = await lanes.run(Array.from({ length: seeds }, (_, index) => first + index));
  if (terminal) process.stderr.write("\r\x1b[K");
  const { faults, kills, duplicates, losses, leaks, broken } = total;
  if (broken > 0) process.stdout.write(`${String(broken)} broken in another way\n`);
  process.stdout.write(
    `seeds ${seeds}, faults ${faults}, kills ${kills}, duplicates ${duplicates}, losses ${losses}, leaks ${leaks}\n`,
  );
  return duplicates + losses + leaks + broken > 0 ? 1 : 0;
}

const line = ({ scenario, faults, kills, seconds, problems }: Report): string =>
  `seed ${scenario.seed}: ${scenario.sort}, ${scenario.adapter}, ${faults} faults, ${kills} kills, ` +
  `${seconds.toFixed(1)} s, ${problems.length === 0 ? "fine" : "FAILED"}`;

function tell({ scenario, problems, journal }: Report): void {
  const { seed, knobs, skipsCheckpoints } = scenario;
  const google = `Google with ${JSON.stringify(knobs)}${skipsCheckpoints ? ", PULUMI_SKIP_CHECKPOINTS" : ""}`;
  const lines = [`\nseed ${seed} failed: ${google}`, ...problems.map((problem) => `  ${problem}`), "what happened:"];
  const repeat = `again, alone: npm run chaos -- --seeds 1 --first ${seed}`;
  process.stdout.write(`${[...lines, ...journal.map((entry) => `  ${entry}`), repeat].join("\n")}\n`);
}

function readArguments(): { seeds: number; first: number } {
  const options = { seeds: { type: "string" }, first: { type: "string", default: "1" } } as const;
  const { values } = parseArgs({ options });
  const [seeds, first] = [Number(values.seeds), Number(values.first)];
  if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(first) || first < 0) throw new Error(USAGE);
  return { seeds, first };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : "failed"}\n`);
    process.exit(2);
  },
);
