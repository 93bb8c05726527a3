/** Where the parts of the benchmark work: emulators and stacks, which all end with it whatever happens. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStack, type OperationOptions, type Stack } from "../../tests/engine";
import type { Outcome } from "../../tests/engineProcess";
import { EmulatorProcess } from "./emulatorProcess";
import { PASSWORD, PASSWORD_VARIABLE } from "./mailboxes";
import { endAll, Watch, type Cost } from "./processes";

/** The state is written once, at the end, and not after every step: the engine wants both variables for it. */
const SKIP_CHECKPOINTS = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

type Program = "ours" | "noop" | "closure" | "fleet" | "empty";
type Files = Record<string, string | Uint8Array>;

export interface Measured extends Cost {
  readonly outcome: Outcome;
  /** Seconds of CPU time of the emulator meanwhile. */
  readonly emulator: number;
}

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), "google-workspace-mail-bench-"));
  readonly #emulators = new Map<number, EmulatorProcess>();

  constructor(private readonly progress: (line: string) => void) {
    // whatever is started from now on keeps its files here and is known by it, so that all can be ended in the middle
    process.env["TMPDIR"] = this.folder;
  }

  tell(line: string): void {
    this.progress(line);
  }

  /** One for each latency (milliseconds), started when first asked for. */
  async emulator(latency = 0): Promise<EmulatorProcess> {
    const emulator = this.#emulators.get(latency) ?? (await EmulatorProcess.start(this.folder, latency));
    this.#emulators.set(latency, emulator);
    return emulator;
  }

  /** A stack of a program, whose settings lead to this emulator. */
  async stack(
    program: Program,
    emulator: EmulatorProcess,
    files: Files = {},
    env: Record<string, string> = {},
  ): Promise<BenchStack> {
    const noop = program === "noop" ? { "noopProvider.cjs": sourceOf("noopProvider.cjs") } : {};
    const stack = await openStack({
      program: sourceOf(`${program}.ts`),
      files: { ...files, ...noop },
      env: {
        ...SKIP_CHECKPOINTS,
        GOOGLE_APPLICATION_CREDENTIALS: emulator.keyPath,
        GOOGLE_WORKSPACE_MAIL_ENDPOINT: emulator.url,
        [PASSWORD_VARIABLE]: PASSWORD,
        ...env,
      },
    });
    return new BenchStack(stack, emulator);
  }

  /** Nothing that was started is left, however far it had come. */
  dispose(): void {
    endAll(`TMPDIR=${this.folder}`);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class BenchStack {
  constructor(
    private readonly stack: Stack,
    private readonly emulator: EmulatorProcess,
  ) {}

  /** Runs a command to its end; throws with the engine's last lines where it fails. */
  async measure(verb: "up" | "preview" | "refresh", args: string[] = []): Promise<Measured> {
    const before = this.emulator.cpu();
    const watch = new Watch(this.stack.home);
    const options: OperationOptions = { withoutEvents: true, args };
    const outcome = await this.stack[verb](options);
    const cost = watch.stop();
    if (!outcome.ok) throw new Error(`pulumi ${verb} failed:\n${outcome.output.slice(-2000)}`);
    return { ...cost, outcome, emulator: this.emulator.cpu() - before };
  }

  writeFiles(files: Files): void {
    this.stack.writeFiles(files);
  }

  /** Its resources as the backend keeps them, each as JSON without white space. */
  async resources(): Promise<string[]> {
    const { deployment } = (await this.stack.exportState()) as { deployment: { resources?: unknown[] } };
    return (deployment.resources ?? []).map((resource) => JSON.stringify(resource));
  }

  dispose(): void {
    this.stack.dispose();
  }
}

const sourceOf = (name: string): string => readFileSync(join(__dirname, "programs", name), "utf8");
