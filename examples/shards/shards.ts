// Runs all shards of mailboxes.csv, each a stack of this project, some at a time. It keeps no record of its own: what is done
// stands in the stacks' states, and a shard without a change is an up that asks Google nothing.
import { LocalWorkspace, PulumiCommand, Stack } from "@pulumi/pulumi/automation";
import { runShard } from "./oneShard";
import { parseOptions, USAGE, type Options } from "./options";
import { Progress } from "./progress";

/** Of Gmail, for a whole Cloud project (units a minute). */
const QUOTA = 1_200_000;

async function main(options: Options): Promise<boolean> {
  const { shards, parallel } = options;
  const workspace = await LocalWorkspace.create({
    workDir: __dirname,
    pulumiCommand: await PulumiCommand.get(),
    envVars: { GOOGLE_WORKSPACE_MAIL_UNITS_PER_MINUTE: String(Math.floor(quota() / Math.min(parallel, shards))) },
  });
  const progress = new Progress(shards, process.stdout, process.env);
  let stopped = false;
  // the terminal tells the running engines as well, and they end by themselves
  process.once("SIGINT", () => {
    stopped = true;
    progress.note("Stopping: the shards that run come to an end, no other begins. Run the same again to go on.");
  });
  const stacks = new Stacks(workspace, options);
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= shards && !stopped) {
      const shard = next++;
      const stack = nameOf(shard);
      progress.begin(stack);
      progress.end(await runShard(await stacks.open(shard), options, (line) => progress.tell(stack, line)));
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, shards) }, worker));
  const strays = await straysIn(workspace, shards);
  const isWell = progress.summary();
  if (strays.length > 0)
    process.stdout.write(`\nNot among these shards: ${strays.join(", ")}. README.md, "Another N".\n`);
  return isWell && strays.length === 0;
}

const nameOf = (shard: number): string => `shard-${String(shard)}`;

/** Of the provider's own setting, where the project has another quota. */
const quota = (): number => Number(process.env["GOOGLE_WORKSPACE_MAIL_UNITS_PER_MINUTE"]) || QUOTA;

/** Stacks that another N made: they still hold rows. */
async function straysIn(workspace: LocalWorkspace, shards: number): Promise<string[]> {
  const names = (await workspace.listStacks()).map(({ name }) => name.slice(name.lastIndexOf("/") + 1));
  return names.filter((name) => Number(/^shard-(\d+)$/.exec(name)?.[1] ?? 0) > shards);
}

class Stacks {
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly workspace: LocalWorkspace,
    private readonly options: Options,
  ) {}

  /** One at a time: the CLI notes in one file which stack was opened last. */
  open(shard: number): Promise<Stack> {
    const opened = this.#last.then(() => this.#open(shard));
    this.#last = opened.catch(() => undefined);
    return opened;
  }

  /** Made where it is not there, with the settings of this run, which a `pulumi up --stack shard-3` of yours takes as well. */
  async #open(shard: number): Promise<Stack> {
    const { shards, maxDeletes, moving } = this.options;
    const stack = await Stack.createOrSelect(nameOf(shard), this.workspace);
    const settings = { shard, of: shards, maxDeletes, moving };
    const config = Object.entries(settings).map(([key, value]) => [key, { value: String(value) }] as const);
    await stack.setAllConfig(Object.fromEntries(config));
    return stack;
  }
}

function read(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : ""}\n\n${USAGE}`);
    return undefined;
  }
}

const options = read();
if (options)
  main(options).then(
    (isWell) => (process.exitCode = isWell ? 0 : 1),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
else process.exitCode = 2;
