/** Runs the published command with the emulator for Google: in this process, or as an executable of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { Console } from "../commands/console";
import { main } from "../commands/main";
import { machine } from "../provider/machine";
import type { World } from "./world";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
}

const environment = ({ emulator }: World): Record<string, string> => ({
  GOOGLEWORKSPACE_CREDENTIALS: JSON.stringify(emulator.keyFile),
  GOOGLE_WORKSPACE_MAIL_ENDPOINT: emulator.url,
});

export async function runCommand(
  world: World,
  args: readonly string[],
  { stdin = "", env = {}, isTTY = false }: RunOptions = {},
): Promise<Ended> {
  const said: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof said) => ({ isTTY, write: (part: string) => (said[name] += part) });
  const code = await main(args, {
    console: new Console(stream("stdout"), stream("stderr"), env),
    stdin: Readable.from([stdin]),
    machine: { ...machine, environment: { ...environment(world), ...env } },
  });
  return { code, ...said };
}

const PROGRAM = join(__dirname, "..", "commands", "index.ts");

/** With no terminal. */
export const spawnCommand = (world: World, args: readonly string[], stdin = ""): Promise<Ended> =>
  spawnNode(world, ["-r", "ts-node/register/transpile-only", PROGRAM, ...args], stdin);

const BUILT = join(__dirname, "..", "dist", "commands", "index.js");

/** The same as it is published. */
export const spawnBuiltCommand = (world: World, args: readonly string[], stdin = ""): Promise<Ended> =>
  spawnNode(world, [BUILT, ...args], stdin);

async function spawnNode(world: World, args: readonly string[], stdin: string): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment(world) },
  });
  child.stdin.end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}
