/**
 * `npm run chaos -- --seeds N [--first S]`: so many random lives, each from its seed. The last line counts what
 * happened, and the exit code is 0 only if nothing was duplicated, lost, leaked or broken.
 */
import { parseArgs } from "node:util";
import { Lanes, type Report, type Total } from "./lanes";

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
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      lanes.dispose();
      sum(lanes.total, done);
      process.exit(130);
    });
  await lanes.run(Array.from({ length: seeds }, (_, index) => first + index));
  if (terminal) process.stderr.write("\r\x1b[K");
  const { duplicates, losses, leaks, broken } = lanes.total;
  sum(lanes.total, seeds);
  return duplicates + losses + leaks + broken > 0 ? 1 : 0;
}

/** The last line, which others read. */
function sum({ faults, kills, duplicates, losses, leaks, broken }: Total, seeds: number): void {
  if (broken > 0) process.stdout.write(`${String(broken)} broken in another way\n`);
  process.stdout.write(
    `seeds ${seeds}, faults ${faults}, kills ${kills}, duplicates ${duplicates}, losses ${losses}, leaks ${leaks}\n`,
  );
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
  try {
    const { values } = parseArgs({ options });
    const isCount = (text = ""): boolean => /^\d{1,9}$/.test(text);
    const [seeds, first] = [Number(values.seeds), Number(values.first)];
    if (isCount(values.seeds) && isCount(values.first) && seeds > 0) return { seeds, first };
  } catch {
    // an option that is none
  }
  process.stderr.write(`${USAGE}\n`);
  return process.exit(2);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : "failed"}\n`);
    process.exit(2);
  },
);
