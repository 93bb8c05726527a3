// Runs what takes long, such as a compiler or an installer, so that it never outlives us and its words are kept.
import { spawn } from "node:child_process";
import * as os from "node:os";

/**
 * Runs a command in a process group of its own, so that all of it ends with us or with `signal`. Its last lines come
 * back for the one who has to explain a failure.
 */
export function runQuietly(command, args, { cwd, env, signal }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Already gone.
      }
    };
    const interrupted = (name) => {
      end();
      process.exit(128 + os.constants.signals[name]);
    };
    const finish = (ok) => {
      process.off("exit", end);
      for (const name of ["SIGINT", "SIGTERM"]) process.off(name, interrupted);
      signal?.removeEventListener("abort", end);
      resolve({ ok, text });
    };
    process.once("exit", end);
    for (const name of ["SIGINT", "SIGTERM"]) process.once(name, interrupted);
    signal?.addEventListener("abort", end);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => (text = (text + chunk).slice(-2000)));
    }
    child.once("error", () => finish(false));
    child.once("close", (code) => finish(code === 0));
  });
}
