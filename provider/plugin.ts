/**
 * The plugin's process: serves the engine that started it, and ends with it. The first line on stdout is the port, and
 * nothing else is ever written there (pulumi sdk/go/common/resource/plugin: newPlugin).
 */
import { fstatSync } from "node:fs";
import { Plugin } from "./adapters/plugin";
import { endQuietly, takeEnvironment } from "./adapters/pluginProcess";
import { PluginServer } from "./adapters/pluginProtocol";
import { machine } from "./machine";

async function serve(): Promise<void> {
  endQuietly(process);
  const world = { ...machine, environment: takeEnvironment(process) };
  // flags of the engine's logging come first, its address last; newer engines say it in Handshake
  const engine = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));
  const server = new PluginServer(new Plugin(world, engine).verbs);
  const port = await server.listen();
  process.stdout.on("error", () => process.exit(1)).write(`${port}\n`);
  if (process.stdout.isTTY) process.stderr.write(hint(port));
  // The engine holds the other end: when it dies without a word, so do we. Pulumi's language host gives /dev/null instead.
  if (!fstatSync(0).isCharacterDevice()) process.stdin.resume().once("end", () => process.exit(0));
}

/** For whoever starts it by hand. */
const hint = (port: number): string =>
  "This is a provider plugin: Pulumi starts it itself. To have a stack use this very process, run for example\n" +
  `PULUMI_DEBUG_PROVIDERS=google-workspace-mail:${port} pulumi up\n`;

void serve();
