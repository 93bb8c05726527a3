/** Pulumi's own command as a process in a project's folder. What it prints is read here and goes nowhere by itself. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { MailKeyError } from "../../provider/mailKeyError";

export interface Project {
  /** The folder of Pulumi.yaml. */
  readonly folder: string;
  /** Undefined: the stack that is selected there. */
  readonly stack: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** So much of what Pulumi says on stderr is kept: its end says why it failed. */
const MOST = 20_000;

/** Gives each line of stdout to `take`. An exit code other than 0 is an answer, not an error. */
export async function runPulumi(
  { folder, stack, environment }: Project,
  args: readonly string[],
  take: (line: string) => void,
): Promise<Ended> {
  const named = stack === undefined ? [] : ["--stack", stack];
  const child = spawn("pulumi", [...args, ...named, "--non-interactive"], {
    cwd: folder,
    env: { PULUMI_SKIP_UPDATE_CHECK: "true", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-MOST)));
  const lines = createInterface({ input: child.stdout, crlfDelay: Infinity });
  lines.on("line", take);
  const read = new Promise<void>((resolve) => lines.once("close", resolve));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => {
      reject(notFound(error, folder));
    });
    child.once("close", resolve);
  });
  const exitCode = await untilStopped(ended, () => child.kill("SIGTERM"));
  await read;
  return { exitCode, stderr };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Whoever stops us stops Pulumi first, which ends its plugins, and then us, who have files to take away. */
async function untilStopped<T>(ended: Promise<T>, stop: () => void): Promise<T> {
  const stopped = new AbortController();
  stopped.signal.addEventListener("abort", stop);
  const onSignal = (): void => {
    stopped.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const end = await ended;
    if (stopped.signal.aborted) throw new MailKeyError("Stopped before the end. Nothing was changed.");
    return end;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

function notFound(error: Error, folder: string): MailKeyError {
  const code = "code" in error ? String(error.code) : "";
  return new MailKeyError(
    `The command pulumi cannot be run in ${folder} (${code}). Install the Pulumi CLI, put it on PATH, and name the project's folder with --cwd.`,
  );
}
