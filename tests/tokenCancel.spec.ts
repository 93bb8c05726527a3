// Cancel while a token is under way, by each way to one: the engine is told within two seconds, and told the truth.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { byExecutable, byFile, federated, gcloudUser, withAccount } from "./callers";
import { CALLER_TOKENS, KeylessWorld, type Held } from "./keylessWorld";
import { PluginSession } from "./sessions";
import { until } from "./stackMailbox";
import { certificate, NOW, type Minted } from "./world";

/** Real milliseconds: 1.1 s is usual, and whoever is not cancelled waits for longer than this. */
const SOON = 8_000;

describe("Cancel on the way to a token", function () {
  this.timeout(60_000);
  let keyless: KeylessWorld;
  let silent: SilentServer;
  let key: Minted;
  before(async () => {
    [keyless, silent] = await Promise.all([KeylessWorld.start(), SilentServer.start()]);
    keyless.reset();
    key = await keyless.world.mint();
  });
  after(async () => {
    silent.stop();
    await keyless.stop();
  });

  /** What comes of a create that is cancelled once `hangs` says so, and after how many milliseconds. */
  async function cancelled(
    held: Held,
    hangs: () => boolean,
    silenced?: { readonly urls: RegExp; readonly path: string },
  ): Promise<{ said: string; took: number }> {
    const { environment, config } = held;
    const session = await PluginSession.open({
      config: { endpoint: keyless.world.emulator.url, ...config },
      environment: { CLOUDSDK_CONFIG: keyless.folder, GOOGLE_WORKSPACE_MAIL_NOW: NOW, ...environment },
      now: () => new Date(),
      elapsed: () => performance.now(),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds).unref()),
      fetch: (input, init) =>
        silenced?.urls.test(urlOf(input)) ? fetch(`${silent.url}${silenced.path}`, init) : keyless.fetch(input, init),
      log: () => undefined,
    });
    try {
      const { token, args } = certificate(key, { expiryPolicy: "ignore" });
      const { inputs } = await session.check(token, {}, args);
      const created = session.create(token, inputs, false).then(
        () => "created",
        (error: unknown) => (error as Error).message,
      );
      await until(hangs, "somebody who does not answer");
      const start = performance.now();
      await session.cancel();
      return { said: await created, took: performance.now() - start };
    } finally {
      session.close();
    }
  }

  const byToken = (): Held => withAccount({ accessToken: CALLER_TOKENS[0] });
  const ways: readonly [what: string, held: () => Held, urls: RegExp][] = [
    ["the token endpoint, by a signature", byToken, /\/token$/],
    ["the token endpoint, by a refresh token", () => ({ config: { credentials: gcloudUser() } }), /\/token$/],
    ["IAM", byToken, /:signJwt$/],
    ["the security token service", () => byFile(keyless), /\/v1\/token$/],
    ["a URL for a subject token", () => federated(keyless, { url: "http://127.0.0.1/subject" }), /\/subject$/],
    ["a named metadata server", () => withAccount({}, { GCE_METADATA_HOST: "127.0.0.1" }), /\/computeMetadata\//],
    ["the usual metadata server", () => withAccount({ endpoint: "" }), /\/computeMetadata\//],
  ];
  // all at once: each takes the second that a call has to come to an end
  it("ends the wait, whoever does not answer, and says that it was cancelled", async () => {
    const ends = ways.map(async ([what, held, urls], index) => {
      const path = `/way-${String(index)}`;
      return { what, ...(await cancelled(held(), () => silent.asked.includes(path), { urls, path })) };
    });
    for (const { what, said, took } of await Promise.all(ends)) {
      const truth = /^Cancelled\. What was under way may have been carried out: run the same command again/;
      assert.match(said, truth, what);
      assert.ok(took < SOON, `${what}: ${took.toFixed()} ms`);
    }
  });

  it("ends an executable, and the wait for it", async () => {
    const path = join(keyless.folder, "pid");
    const program = `require("fs").writeFileSync(${JSON.stringify(path)}, String(process.pid)); setTimeout(() => 0, 60000)`;
    const held = byExecutable(keyless, program, { timeout_millis: 120_000 });
    const { said, took } = await cancelled(held, () => existsSync(path) && readFileSync(path, "utf8") !== "");
    assert.match(said, /^Cancelled\. /);
    assert.ok(took < SOON, `${took.toFixed()} ms`);
    const pid = Number(readFileSync(path, "utf8"));
    await until(() => !isRunning(pid), "the executable to end", SOON / 1000);
  });
});

const urlOf = (input: Parameters<typeof fetch>[0]): string => (input instanceof Request ? input.url : input.toString());

/** Takes requests, and never answers. */
class SilentServer {
  asked = "";
  readonly #server: Server = createServer((socket) => {
    socket.on("error", () => undefined).on("data", (request) => (this.asked += request.toString("latin1")));
  });

  static async start(): Promise<SilentServer> {
    const silent = new SilentServer();
    await new Promise<void>((resolve) => silent.#server.listen(0, "127.0.0.1", resolve));
    return silent;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  stop(): void {
    this.#server.close();
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
