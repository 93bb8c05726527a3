// The processes in which the provider runs, seen from outside as anybody on the machine sees them (Linux: /proc), and what
// they write, kept apart from what the engine writes.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PROVIDER } from "./engineProcess";
import { ROOT } from "./markdown";
import type { Adapter } from "./sessions";

/** What the engine starts, for each adapter. */
const EXECUTABLES: Record<Adapter, string> = {
  plugin: join(ROOT, "pulumi-resource-google-workspace-mail"),
  dynamic: join(ROOT, "node_modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs"),
};

/** An executable of the same name in `folder` that starts the real one, and keeps what that writes. */
export class Overheard {
  /** For Pulumi.yaml, which names the plugin's folder; the dynamic host is found on PATH. */
  readonly project: string;

  constructor(
    adapter: Adapter,
    readonly folder: string,
  ) {
    mkdirSync(folder, { recursive: true });
    const real = EXECUTABLES[adapter];
    const file = join(folder, basename(real));
    // no core dump of what is killed: it would be the whole memory
    const script = `ulimit -c 0\nexec "${real}" "$@" > >(tee -a "${folder}/out") 2> >(tee -a "${folder}/err" >&2)\n`;
    writeFileSync(file, `#!/usr/bin/env bash\n${script}`);
    chmodSync(file, 0o755);
    const providers = `plugins:\n  providers:\n    - name: google-workspace-mail\n      path: ${folder}\n`;
    this.project = `name: test\nruntime: nodejs\n${adapter === "plugin" ? providers : ""}`;
  }

  /** What our processes wrote to stdout and stderr. */
  lines(): string {
    const files = ["out", "err"].map((name) => join(this.folder, name));
    return files.map((file) => (existsSync(file) ? readFileSync(file, "latin1") : "")).join("");
  }
}

export interface Seen {
  readonly pid: number;
  /** What it was started with. */
  readonly environment: string;
  /** Files that it has open for writing, without pipes, sockets and devices. */
  readonly written: readonly string[];
}

/** Of the stack with this PULUMI_HOME. */
export function ourProcesses(home: string): Seen[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const environment = readFileSync(`/proc/${entry}/environ`, "utf8");
        const isOurs = environment.split("\0").includes(`PULUMI_HOME=${home}`);
        if (!isOurs || !PROVIDER.test(readFileSync(`/proc/${entry}/cmdline`, "utf8"))) return [];
        return [{ pid: Number(entry), environment, written: writtenBy(entry) }];
      } catch {
        return []; // Gone in the meantime, or another user's.
      }
    });
}

function writtenBy(pid: string): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    const [, flags = "0"] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8")) ?? [];
    const isForReading = (Number.parseInt(flags, 8) & 3) === 0; // O_RDONLY is 0 (open(2))
    return isForReading || !target.startsWith("/") || target.startsWith("/dev/") ? [] : [target];
  });
}
