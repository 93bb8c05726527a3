/** A machine that has Node, a shell and what a test puts on it: a folder with commands and a cache, and its environment. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export class BareMachine {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-machine-"));
  /** First on its PATH. */
  readonly bin = path.join(this.folder, "bin");
  readonly environment: NodeJS.ProcessEnv = {
    PATH: [this.bin, path.dirname(process.execPath), "/bin"].join(":"),
    XDG_CACHE_HOME: path.join(this.folder, "cache"),
  };

  /** Where, on this machine, our cache keeps that. */
  cached(name: string): string {
    return path.join("cache", "pulumi-google-workspace-mail", name);
  }

  cacheEntries(kind: string): string[] {
    return fs.readdirSync(path.join(this.folder, this.cached(kind)));
  }

  /** A command of a few lines of shell. */
  write(name: string, script: string): string {
    const file = path.join(this.folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return file;
  }

  /** A `go` that answers to `go version` and, asked to build, runs the script with the wanted file in $out. */
  writeGo(script: string): void {
    this.write("bin/go", `[ "$1" = build ] || exit 0\nwhile [ "$1" != -o ]; do shift; done\nout=$2\n${script}`);
  }

  /** All of it, or one file. */
  remove(name = ""): void {
    fs.rmSync(path.join(this.folder, name), { recursive: true });
  }
}
