// The command line: npm run --silent emulator -- [--port N] [--seed FILE.json] [--latency MS] [--write-key FILE]
// Prints {"url": …} on stdout when ready, nothing else there, and runs until SIGTERM.
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { ShapeError, startEmulator, type EmulatorOptions } from "./index";

async function readOptions(): Promise<EmulatorOptions> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { port: text, seed: text, latency: text, "write-key": text } });
  return {
    ...(values.port === undefined ? {} : { port: readNumber("--port", values.port, 65535) }),
    ...(values.latency === undefined ? {} : { latencyMs: readNumber("--latency", values.latency, 3_600_000) }),
    ...(values["write-key"] === undefined ? {} : { writeKey: values["write-key"] }),
    ...(values.seed === undefined ? {} : { seed: await readSeedFile(values.seed) }),
  };
}

function readNumber(name: string, text: string, largest: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > largest)
    throw new ShapeError(`${name} must be a number up to ${String(largest)}`);
  return number;
}

/** Its shape is checked by startEmulator. */
async function readSeedFile(file: string): Promise<object> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as object;
  } catch {
    throw new ShapeError("--seed must name a readable JSON file");
  }
}

/** npm hands SIGTERM to its shell, and the shell dies without handing it on. */
function onParentGone(end: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 100);
}

async function main(): Promise<void> {
  const emulator = await startEmulator(await readOptions());
  const end = () => void emulator.stop().then(() => process.exit(0));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, end);
  if (process.env["npm_lifecycle_event"] === "emulator") onParentGone(end);
  process.stdout.write(`${JSON.stringify({ url: emulator.url })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`emulator: ${error instanceof Error ? error.message : "cannot start"}\n`);
  process.exit(2);
});
