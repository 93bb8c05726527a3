/** The metadata server as the caller: awaited where there is one, looked for briefly where there may be one, and no stranger. */
import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { callerGrant } from "../provider/google/callerToken";
import { GoogleError } from "../provider/google/googleError";
import { SCOPES } from "../provider/google/scopes";
import { GOOGLE_TOKEN_URL } from "../provider/google/tokens";
import { Transport } from "../provider/google/transport";
import { onMetadata, withAccount } from "./callers";
import { CALLER_TOKENS, KeylessWorld, type Held } from "./keylessWorld";
import { ALICE } from "./world";

describe("the metadata server", () => {
  let keyless: KeylessWorld;
  /** Nobody listens there. */
  let nowhere: string;
  before(async () => {
    keyless = await KeylessWorld.start();
    nowhere = await closedHost();
  });
  after(() => keyless.stop());
  beforeEach(() => {
    keyless.reset();
  });

  const named = (): Held => withAccount({}, { GCE_METADATA_HOST: keyless.identity.host });

  /** A machine whose metadata server refuses connections this often; its usual name leads to the identity server too. */
  function machine(refuses: number): { fetch: typeof fetch; asked: () => number } {
    let asked = 0;
    const meets: typeof fetch = (input, init) => {
      const url = input instanceof Request ? input.url : input.toString();
      if (!url.includes("/computeMetadata/")) return keyless.fetch(input, init);
      asked += 1;
      return fetch(`${asked > refuses ? keyless.identity.url : `http://${nowhere}`}${new URL(url).pathname}`, init);
    };
    return { fetch: meets, asked: () => asked };
  }

  it("is the only one whose answer is taken, and not whoever else answers there", async () => {
    keyless.identity.replies = [() => ({ status: 200, body: { access_token: "x", expires_in: 3600 } })];
    assert.match(await keyless.refusal(onMetadata(keyless)), /no answer of a metadata server at 127/);
    assert.equal(keyless.identity.asked.length, 1);
    assert.equal(keyless.identity.asked[0]?.headers["metadata-flavor"], "Google");
    assert.deepEqual(keyless.asked(), { signed: 0, exchanged: 0 });
  });

  it("is asked again while it is busy, whoever answers for it", async () => {
    keyless.identity.replies = [503, 429, 500].map((status) => () => ({ status, body: "not ready" }));
    assert.ok(await keyless.tokens(named()).source.token(ALICE, SCOPES.primary));
    assert.equal(keyless.identity.asked.length, 4);
  });

  it("is waited for where GCE_METADATA_HOST names it, like any service of Google's", async () => {
    const { fetch, asked } = machine(5);
    const { source, passed } = keyless.tokens(named(), fetch);
    assert.ok(await source.token(ALICE, SCOPES.primary));
    assert.equal(asked(), 6);
    assert.ok(passed() > 10_000, String(passed()));
  });

  it("is said to give no answer where it is named, and what to do else", async () => {
    assert.match(
      await keyless.refusal(withAccount({}, { GCE_METADATA_HOST: nowhere })),
      new RegExp(
        `^Getting a token of the metadata server at ${nowhere}: Google gave no answer \\(ECONNREFUSED\\)\\. No other credential was found.*run gcloud auth application-default login, or set google-workspace-mail:credentials`,
      ),
    );
  });

  describe("that nobody named", () => {
    /** What came of looking for it, and after how many milliseconds. */
    async function look(fetch: typeof globalThis.fetch): Promise<{ said: string; passed: number }> {
      let passed = 0;
      const sleep = (milliseconds: number): Promise<void> => Promise.resolve(void (passed += milliseconds));
      const now = (): Date => new Date();
      const transport = new Transport({ now, elapsed: () => passed, random: () => 0.5, sleep, fetch });
      const around = { transport, now, environment: {}, tokenUrl: GOOGLE_TOKEN_URL };
      const found = callerGrant({ kind: "metadataServer", source: "the metadata server" }, around);
      const said = await found.then(
        ({ token }) => token,
        (error: unknown) => (error instanceof GoogleError ? `${error.outcome}: ${error.said}` : String(error)),
      );
      return { said, passed };
    }

    it("is found where it is not ready in the first seconds", async () => {
      const { fetch, asked } = machine(4);
      assert.deepEqual(await look(fetch), { said: CALLER_TOKENS[0], passed: 4_000 });
      assert.equal(asked(), 5);
    });

    it("is given up within about ten seconds, for good", async () => {
      const { fetch, asked } = machine(Infinity);
      const { said, passed } = await look(fetch);
      assert.equal(said, "refused: no answer of a metadata server at metadata.google.internal");
      assert.ok(passed >= 5_000 && passed <= 10_000, String(passed));
      assert.ok(asked() <= 9, String(asked()));
    });

    it("is not looked for again where nobody has its name", async () => {
      let asked = 0;
      const { said, passed } = await look(() => {
        asked += 1;
        const cause = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
        return Promise.reject(new TypeError("fetch failed", { cause }));
      });
      assert.deepEqual([asked, passed], [1, 0]);
      assert.match(said, /^refused: no answer of a metadata server/);
    });
  });
});

async function closedHost(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${String(port)}`;
}
