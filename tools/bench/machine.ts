/** On what the figures were measured: the machine and the versions, nothing that names its owner. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, totalmem, type as osType } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** What each is, and its version or size, as the page shows them. */
export type Machine = Readonly<Record<string, string>>;

export async function describeMachine(): Promise<Machine> {
  const { findEngine } = await import("../engine/find.mjs");
  const processors = cpus();
  const { stdout } = await promisify(execFile)(await findEngine(), ["version"], {
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return {
    processor: `${String(processors.length)} x ${processors[0]?.model.trim() ?? "unknown"}, ${arch()}`,
    memory: `${String(Math.round(totalmem() / 2 ** 30))} GiB`,
    system: osType(),
    "Node.js": process.versions.node,
    "Pulumi engine": stdout.trim().replace(/^v/, ""),
    "@pulumi/pulumi": versionOf("node_modules/@pulumi/pulumi/package.json"),
    "pulumi-google-workspace-mail": versionOf("package.json"),
    "Google's Python client": /^google-api-python-client==(.*)$/m.exec(here("requirements.txt"))?.[1] ?? "unknown",
    date: new Date().toISOString().slice(0, 10),
  };
}

const here = (name: string): string => readFileSync(join(__dirname, name), "utf8");
const versionOf = (file: string): string => (JSON.parse(here(`../../${file}`)) as { version: string }).version;
