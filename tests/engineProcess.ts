// One command of the Pulumi CLI as a process: its text, its events, the program beside it, and ways to kill it half-way.
import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

export interface Step {
  op: string;
  urn: string;
  type: string;
  name: string;
  /** The properties that differ, where the engine knows them. */
  diffs: string[];
}

export interface Message {
  /** The engine's words: "info", "info#err" (a provider's stderr), "warning", "error". */
  severity: string;
  urn: string;
  text: string;
}

export interface Outcome {
  ok: boolean;
  /** Null where a signal ended it. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Both, in the order in which they came. */
  output: string;
  /** How many resources: { create: 2, same: 1 }. */
  changes: Record<string, number>;
  /** What the engine did or would do, in its order. */
  steps: Step[];
  messages: Message[];
  /** The engine's events as it wrote them. */
  events: unknown[];
}

/** The dynamic provider's host, and the plugin, by their command lines. */
export const PROVIDER = /dynamic-provider|pulumi-resource-google-workspace-mail/;

interface Start {
  /** The CLI, or what does the like. */
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  events: string;
  program: string | undefined;
  home: string;
}

export class EngineProcess {
  static async start(start: Start): Promise<EngineProcess> {
    const host = start.program === undefined ? undefined : await startProgram(start.program, start);
    const client = host === undefined ? [] : [`--client=${host.address}`, "--exec-kind=auto.inline"];
    const child = spawn(start.command, [...start.args, ...client], { cwd: start.cwd, env: start.env });
    child.stdin.end();
    const finished = collect(child).finally(() => host?.process.kill("SIGKILL"));
    return new EngineProcess(
      child,
      finished.then((outcome) => ({ ...outcome, ...readEvents(start.events) })),
      start.home,
    );
  }

  private constructor(
    private readonly child: ChildProcess,
    readonly finished: Promise<Outcome>,
    private readonly home: string,
  ) {}

  /** SIGINT is what Ctrl-C sends; SIGKILL what a crash or a lost machine is like. */
  signal(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    this.child.kill(signal);
  }

  /** Kills the processes in which the provider runs, through either adapter; false where there was none yet. */
  killProvider(): boolean {
    const providers = processesOf(this.home).filter(({ command }) => PROVIDER.test(command));
    for (const { pid } of providers) kill(pid);
    return providers.length > 0;
  }

  /** Of every process of this stack that runs now: anybody on the machine may read them. */
  commandLines(): string[] {
    return processesOf(this.home).map(({ command }) => command);
  }

  /** Ends what a killed engine left behind, as the end of its machine would. */
  endAll(): void {
    EngineProcess.endAll(this.home);
  }

  /** Whatever still runs for this PULUMI_HOME: a killed engine leaves its provider hosts behind. */
  static endAll(home: string): void {
    for (const { pid } of processesOf(home)) kill(pid);
  }
}

/** A command without events or a program. */
export async function runToEnd(
  engine: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
  stdin = "",
): Promise<Outcome> {
  const child = spawn(engine, args, options);
  child.stdin.end(stdin);
  return collect(child);
}

type Told = Pick<Outcome, "changes" | "steps" | "messages" | "events">;
const withoutEvents: Told = { changes: {}, steps: [], messages: [], events: [] };

function collect(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const text = { stdout: "", stderr: "", output: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
        text.output += chunk;
      });
    }
    child.once("error", reject);
    child.once("close", (exitCode) => {
      resolve({ ok: exitCode === 0, exitCode, ...text, ...withoutEvents });
    });
  });
}

async function startProgram(program: string, { cwd, env }: Start): Promise<{ address: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [path.join(__dirname, "programHost.cjs"), program], { cwd, env });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").once("data", (line: string) => {
      resolve(line.trim());
    });
    child.once("error", reject);
    child.once("close", () => {
      reject(new Error(`The program's process ended early: ${stderr}`));
    });
  });
  return { address, process: child };
}

function readEvents(file: string): Told {
  const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  const events = lines.flatMap((line) => parseEvent(line));
  const summary = events.findLast((event) => event.summaryEvent)?.summaryEvent;
  const steps = events.flatMap(({ resourcePreEvent }) => (resourcePreEvent ? [toStep(resourcePreEvent.metadata)] : []));
  const messages = events.flatMap(({ diagnosticEvent }) => (diagnosticEvent ? toMessage(diagnosticEvent) : []));
  return { changes: summary?.resourceChanges ?? {}, steps, messages, events };
}

/** The part of the engine's event format that is read here (sdk/go/common/apitype/events.go). */
interface EngineEvent {
  summaryEvent?: { resourceChanges?: Record<string, number> };
  resourcePreEvent?: { metadata: { op: string; urn: string; type: string; diffs?: string[] | null } };
  diagnosticEvent?: { severity: string; urn?: string; message: string };
}

/** A killed engine may leave its last line half written. */
function parseEvent(line: string): EngineEvent[] {
  try {
    return [JSON.parse(line) as EngineEvent];
  } catch {
    return [];
  }
}

function toStep({ op, urn, type, diffs }: NonNullable<EngineEvent["resourcePreEvent"]>["metadata"]): Step {
  return { op, urn, type, name: urn.slice(urn.lastIndexOf("::") + 2), diffs: diffs ?? [] };
}

function toMessage({ severity, urn = "", message }: NonNullable<EngineEvent["diagnosticEvent"]>): Message[] {
  // The engine warns that the provider host comes from PATH, as it does on any machine without Pulumi's own bundle.
  if (message.includes("using pulumi-resource-pulumi-nodejs from $PATH")) return [];
  // Colours are marks such as <{%reset%}>, which the terminal would turn into escapes.
  return [{ severity, urn, text: message.replaceAll(/<\{%.*?%\}>/g, "").trim() }];
}

/** Children of an engine are found by the PULUMI_HOME that they inherited (Linux: /proc). */
function processesOf(home: string): { pid: number; command: string }[] {
  return fs.readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const environment = fs.readFileSync(`/proc/${entry}/environ`, "utf8").split("\0");
      if (!environment.includes(`PULUMI_HOME=${home}`)) return [];
      return [{ pid: Number(entry), command: fs.readFileSync(`/proc/${entry}/cmdline`, "utf8") }];
    } catch {
      return []; // Gone in the meantime, or another user's.
    }
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone in the meantime.
  }
}
