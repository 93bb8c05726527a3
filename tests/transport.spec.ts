/** The retry policy's numbers, on a clock of the test's own, against a real server. */
import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { GoogleError, redact } from "../provider/google/googleError";
import { Transport } from "../provider/google/transport";

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** It begins and never ends. */
  readonly isCutOff?: boolean;
}

class Rig {
  readonly waits: number[] = [];
  /** The jitter's chance, from 0 to 1. */
  chance = 1;
  lines: string[] = [];
  requests = 0;
  connections = 0;
  #time = 0;
  readonly transport = new Transport({
    elapsed: () => this.#time,
    now: () => new Date("2026-11-22T00:00:00Z"),
    random: () => this.chance,
    fetch: globalThis.fetch,
    onWait: (line) => this.lines.push(line),
    sleep: (milliseconds) => {
      this.waits.push(milliseconds);
      this.#time += milliseconds;
      return Promise.resolve();
    },
  });
  replies: Reply[] = [];
  last: Reply = { status: 200, body: "fine" };
  readonly #server: Server = createServer((_request, response) => {
    this.requests += 1;
    send(response, this.replies.shift() ?? this.last);
  });

  async listen(): Promise<string> {
    this.#server.on("connection", () => (this.connections += 1));
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function send(response: ServerResponse, { status, headers = {}, body = "", isCutOff }: Reply): void {
  if (status === 0) response.destroy();
  else if (isCutOff) response.writeHead(status, headers).write("half");
  else response.writeHead(status, headers).end(body);
}

describe("transport", () => {
  let rig: Rig;
  let url: string;
  beforeEach(async () => {
    rig = new Rig();
    url = await rig.listen();
  });
  afterEach(() => rig.close());

  /** As every idempotent call does: an answer other than 2xx is an error. */
  const call = (): Promise<string> =>
    rig.transport.retry(async () => {
      const answer = await rig.transport.send({ method: "GET", url });
      const retryAfter = answer.headers.get("retry-after");
      const reason = answer.headers.get("x-reason");
      if (answer.status === 200) return answer.text;
      throw GoogleError.answered(answer.status, "refused", {
        ...(retryAfter && { retryAfter }),
        ...(reason && { reason }),
      });
    });

  it("keeps its connections: forty calls, four at a time, do not need forty", async () => {
    const calls = Array.from({ length: 4 }, async () => {
      for (let number = 0; number < 10; number += 1) await call();
    });
    await Promise.all(calls);
    assert.equal(rig.requests, 40);
    assert.ok(rig.connections <= 8, `${String(rig.connections)} connections`);
  });

  it("waits 1, 2, 4, 8, 16, 32 seconds at most, and stops within 8 tries and 120 seconds", async () => {
    rig.last = { status: 503 };
    await assert.rejects(call, GoogleError);
    assert.deepEqual(rig.waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 32_000]);
    assert.equal(rig.requests, 8);
    assert.ok(rig.waits.reduce((sum, wait) => sum + wait) <= 120_000);
  });

  for (const [chance, expected] of [
    [0, [0, 0, 0, 0, 0, 0, 0]],
    [0.25, [250, 500, 1000, 2000, 4000, 8000, 8000]],
  ] as const) {
    it(`takes the whole wait by chance, ${String(chance)} of it here`, async () => {
      rig.chance = chance;
      rig.last = { status: 503 };
      await assert.rejects(call, GoogleError);
      assert.deepEqual(rig.waits, expected);
      assert.equal(rig.requests, 8);
    });
  }

  it("waits three quarters of it at least where it was refused for its rate: a minute must pass within 8 tries", async () => {
    rig.chance = 0;
    rig.last = { status: 429 };
    await assert.rejects(call, GoogleError);
    assert.deepEqual(rig.waits, [750, 1500, 3000, 6000, 12_000, 24_000, 24_000]);
    assert.ok(rig.waits.reduce((sum, wait) => sum + wait) > 60_000);
  });

  it("says of every wait why, how long, and which try comes next", async () => {
    rig.replies = [{ status: 503 }, { status: 429, headers: { "Retry-After": "7" } }];
    await call();
    assert.deepEqual(rig.lines, ["Google: refused. Try 2 of 8 in 1 s", "Google: refused. Try 3 of 8 in 7 s"]);
  });

  for (const [what, retryAfter, expected] of [
    ["seconds", "7", 7000],
    ["a date", "Sun, 22 Nov 2026 00:00:20 GMT", 20_000],
    ["nothing", undefined, 1000],
    ["an absurd number", "86400000", 60_000],
    ["nonsense", "soon", 1000],
    ["a date long past", "Sun, 22 Nov 1996 00:00:20 GMT", 1000],
  ] as const) {
    it(`takes a Retry-After of ${what} as a floor, capped at 60 seconds`, async () => {
      rig.replies = [{ status: 429, headers: retryAfter === undefined ? {} : { "Retry-After": retryAfter } }];
      assert.equal(await call(), "fine");
      assert.deepEqual(rig.waits, [expected]);
    });
  }

  it("never waits for more than 120 seconds in all", async () => {
    rig.last = { status: 429, headers: { "Retry-After": "60" } };
    await assert.rejects(call, GoogleError);
    assert.deepEqual(rig.waits, [60_000, 60_000]);
  });

  for (const status of [400, 401, 403, 404, 409, 302]) {
    it(`asks once where the answer is ${String(status)}`, async () => {
      rig.last = { status, headers: { Location: "http://127.0.0.1:9/" } };
      await assert.rejects(call, GoogleError);
      assert.equal(rig.requests, 1);
    });
  }

  for (const reply of [
    { status: 408 },
    { status: 429 },
    { status: 500 },
    { status: 502 },
    { status: 504 },
    { status: 0 },
    { status: 403, headers: { "X-Reason": "userRateLimitExceeded" } },
  ]) {
    it(`asks again after ${reply.status === 0 ? "a dropped connection" : JSON.stringify(reply)}`, async () => {
      rig.replies = [reply];
      assert.equal(await call(), "fine");
      assert.equal(rig.requests, 2);
    });
  }

  describe("of a server that begins an answer and never ends it", () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    let asked: number[];
    beforeEach(() => {
      asked = [];
      AbortSignal.timeout = (milliseconds) => {
        asked.push(milliseconds);
        return timeout(50);
      };
    });
    afterEach(() => {
      AbortSignal.timeout = timeout;
    });

    it("gives each try 60 seconds for its whole answer, and asks again", async () => {
      rig.replies = [{ status: 200, isCutOff: true }];
      assert.equal(await call(), "fine");
      assert.deepEqual(asked, [60_000, 60_000]);
      assert.deepEqual(rig.lines, [`${new URL(url).host}: no answer (timeout). Try 2 of 8 in 1 s`]);
    });

    it("tries twice, for 15 seconds, where it is to be brief", async () => {
      rig.last = { status: 200, isCutOff: true };
      const brief = rig.transport.brief();
      const asking = brief.retry(() => brief.send({ method: "GET", url }));
      await assert.rejects(asking, (error: GoogleError) => error.host === new URL(url).host);
      assert.deepEqual(asked, [15_000, 15_000]);
      assert.deepEqual(rig.lines, [`${new URL(url).host}: no answer (timeout). Try 2 of 2 in 1 s`]);
    });
  });

  it("reads at most 1 MiB of an answer", async () => {
    rig.last = { status: 200, body: Buffer.alloc(1024 * 1024 + 1, "a") };
    await assert.rejects(
      () => rig.transport.send({ method: "GET", url }),
      (error: GoogleError) => error.message === "no answer (answer larger than 1 MiB)",
    );
  });

  it("knows a request that was never sent from one that may have been carried out", async () => {
    const outcome = (target: string): Promise<string> =>
      rig.transport.send({ method: "GET", url: target }).then(
        () => "answered",
        (error: unknown) => (error as GoogleError).outcome,
      );
    rig.last = { status: 0 };
    assert.equal(await outcome(url), "ambiguous");
    assert.equal(await outcome(await closedPort()), "unsent");
  });
});

describe("redact", () => {
  it("removes a secret in plain, base64, base64url, hex and percent encoding", () => {
    const secret = "pässword?>1";
    const bytes = Buffer.from(secret);
    const forms = [
      secret,
      bytes.toString("base64"),
      bytes.toString("base64url"),
      bytes.toString("hex"),
      encodeURIComponent(secret),
    ];
    for (const form of forms) assert.equal(redact(`before ${form} after`, [secret]), "before [redacted] after");
  });

  it("removes what looks like key material, control characters and length", () => {
    assert.equal(redact(`a ${"Q".repeat(80)} b`, []), "a [redacted] b");
    assert.equal(redact("a\u001b[31m\nb", []), "a [31m b");
    assert.equal(redact("word ".repeat(200), []).length, 301);
  });
});

/** A loopback address where nobody listens. */
async function closedPort(): Promise<string> {
  const rig = new Rig();
  const url = await rig.listen();
  rig.close();
  return url;
}
