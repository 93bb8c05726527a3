/** The stand-in for Google as a process of its own, so that what it costs is counted apart. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EmulatorState, LoggedRequest, Seed } from "../../tests/emulator";
import { cpuOf } from "./processes";

const MAIN = join(__dirname, "../../tests/emulator/main.ts");

export class EmulatorProcess {
  /** Every answer of Google's endpoints waits for `latency` milliseconds; the key file goes into `folder`. */
  static async start(folder: string, latency: number): Promise<EmulatorProcess> {
    const keyPath = join(folder, `key-${String(latency)}.json`);
    const args = ["-r", "ts-node/register/transpile-only", MAIN];
    const options = ["--port", "0", "--latency", String(latency), "--write-key", keyPath];
    // by this name it also ends when we are gone without a word
    const env = { ...process.env, npm_lifecycle_event: "emulator" };
    const child = spawn(process.execPath, [...args, ...options], { env, stdio: ["ignore", "pipe", "inherit"] });
    const early = once(child, "exit").then(() => Promise.reject(new Error("the emulator ended early")));
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), early])) as [string];
    early.catch(() => undefined);
    return new EmulatorProcess(child, (JSON.parse(line) as { url: string }).url, keyPath);
  }

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly keyPath: string,
  ) {}

  /** The service-account key that it accepts, as JSON. */
  get key(): string {
    return readFileSync(this.keyPath, "utf8");
  }

  /** Seconds of CPU time until now. */
  cpu(): number {
    return cpuOf(this.child.pid ?? 0);
  }

  /** These mailboxes without a certificate, and an empty log. */
  async reset(emails: readonly string[]): Promise<void> {
    const seed: Seed = { domains: [{ name: "example.com" }], users: emails.map((email) => ({ email })) };
    await this.#control("PUT", "state", seed);
  }

  state(): Promise<EmulatorState> {
    return this.#control("GET", "state") as Promise<EmulatorState>;
  }

  /** What was asked since the last time, and forgets it. */
  async takeRequests(): Promise<LoggedRequest[]> {
    const requests = (await this.#control("GET", "requests")) as LoggedRequest[];
    await this.#control("DELETE", "requests");
    return requests;
  }

  async #control(method: string, noun: string, body?: unknown): Promise<unknown> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/_emulator/${noun}`, { method, ...sent });
    const text = await response.text();
    if (!response.ok) throw new Error(`the emulator refused ${method} ${noun}: ${text}`);
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  }
}
