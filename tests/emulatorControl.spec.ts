// The contract of the emulator's knobs, faults, log, clock and control endpoints.
import assert from "node:assert/strict";
import { startEmulator, type Emulator, type EmulatorState, type Knobs, type LoggedRequest } from "./emulator";
import { Client, Mint, reason, seed, smimePath } from "./emulatorClient";
import { mintPkcs12 } from "./mint";

const mint = new Mint();
const ALICE = "alice@example.com";

describe("emulator: knobs, faults and control", () => {
  let emulator: Emulator;
  let alice: Client;
  let files: Buffer[];
  before(async () => {
    emulator = await startEmulator({ seed });
    alice = new Client(emulator.url);
    const ends = ["2027-01-01T00:00:00Z", "2027-11-01T00:00:00Z", "2027-06-01T00:00:00Z"];
    files = await Promise.all(ends.map((end) => mint.pkcs12({ notAfter: new Date(end) })));
  });
  beforeEach(() => {
    emulator.seed(seed);
  });
  after(() => emulator.stop());

  const set = (knobs: Partial<Knobs>) => emulator.seed({ ...seed, knobs });
  const kept = () => emulator.state().users[ALICE]?.sendAs[ALICE]?.smimeInfo ?? [];
  const defaults = () => kept().map((each) => each.isDefault);
  async function insertAll(): Promise<string[]> {
    const ids: string[] = [];
    for (const file of files) ids.push((await alice.insert(file)).json.id ?? "");
    return ids;
  }

  describe("knobs", () => {
    it("makes no insert the default, or, with firstInsertBecomesDefault, the first on an address", async () => {
      await insertAll();
      assert.deepEqual(defaults(), [false, false, false]);
      set({ firstInsertBecomesDefault: true });
      await insertAll();
      assert.deepEqual(defaults(), [true, false, false]);
    });

    it("deletes a default and leaves none, promotes the one that expires last, or refuses while others remain", async () => {
      for (const [deleteDefault, status, left] of [
        ["allow", 204, [false, false]],
        ["promote", 204, [true, false]],
        ["refuse", 400, [true, false, false]],
      ] as const) {
        set({ deleteDefault });
        const [first = ""] = await insertAll();
        await alice.setDefault(first);
        const reply = await alice.delete(first);
        assert.equal(reply.status, status, deleteDefault);
        if (status === 400) assert.equal(reason(reply), "failedPrecondition");
        assert.deepEqual(defaults(), left, deleteDefault);
      }
      const [first = "", second = "", third = ""] = kept().map((each) => each.id);
      for (const id of [second, third, first]) assert.equal((await alice.delete(id)).status, 204);
    });

    it('refuses the same certificate twice on one address as "already saved", or makes a second entry', async () => {
      const leaf = await mint.leaf();
      const [one, other] = [await mintPkcs12(leaf), await mintPkcs12(leaf)];
      await alice.insert(one);
      const reply = await alice.insert(other);
      assert.deepEqual([reply.status, reason(reply)], [400, "invalidArgument"]);
      assert.match(reply.json.error?.message ?? "", /already saved/);
      assert.equal((await alice.insert(other, { address: "sales@example.com" })).status, 200);
      set({ duplicateInsert: "second" });
      await alice.insert(one);
      assert.equal((await alice.insert(other)).status, 200);
      assert.equal(kept().length, 2);
      assert.equal(kept()[0]?.fingerprint, leaf.fingerprint);
    });

    it("shows each write in lists only after listLag replies, in get at once", async () => {
      set({ listLag: 2 });
      const [first] = files;
      assert.ok(first);
      const id = (await alice.insert(first)).json.id ?? "";
      const seen = async () => (await alice.list()).json.smimeInfo?.map((each) => each.isDefault ?? false) ?? [];
      assert.equal((await alice.get(id)).status, 200);
      assert.deepEqual(await seen(), []);
      await alice.setDefault(id);
      assert.deepEqual([await seen(), await seen(), await seen()], [[], [false], [true]]);
      await alice.delete(id);
      assert.equal((await alice.get(id)).status, 404);
      assert.deepEqual([await seen(), await seen(), await seen()], [[true], [true], []]);
    });

    it("charges 100 units a write and 1 a read, and answers 429 above unitsPerMinute", async () => {
      set({ unitsPerMinute: 102 });
      assert.equal((await alice.list()).status, 200);
      assert.equal((await alice.delete("x")).status, 404);
      assert.equal((await alice.list()).status, 200);
      const reply = await alice.list();
      assert.deepEqual(
        [reply.status, reason(reply), reply.json.error?.errors?.[0]?.domain],
        [429, "rateLimitExceeded", "usageLimits"],
      );
      emulator.setClock(new Date(emulator.now().getTime() + 60_000).toISOString());
      assert.equal((await alice.list()).status, 200, "a minute later on the emulator's clock");
    });
  });

  describe("faults", () => {
    it("answer the given status, reason, message and headers in Google's shape, in posting order, as often as told", async () => {
      emulator.fault(
        {
          match: { method: "GET", path: "smimeInfo$" },
          times: 2,
          status: 429,
          reason: "rateLimitExceeded",
          message: "Slow",
          headers: { "Retry-After": "7" },
        },
        { match: { path: "smimeInfo" }, status: 503 },
      );
      const [one, two, three, four] = [await alice.list(), await alice.list(), await alice.list(), await alice.list()];
      assert.deepEqual([one.status, two.status, three.status, four.status], [429, 429, 503, 200]);
      assert.equal(one.headers.get("retry-after"), "7");
      assert.deepEqual(
        [one.json.error?.message, reason(one), one.json.error?.status],
        ["Slow", "rateLimitExceeded", "RESOURCE_EXHAUSTED"],
      );
    });

    it("match the decoded path and leave other methods alone", async () => {
      emulator.fault({ match: { method: "POST", path: "/alice@example\\.com/smimeInfo" }, status: 500 });
      assert.equal((await alice.list()).status, 200);
      assert.equal((await alice.call("POST", smimePath(), {})).status, 500);
    });

    it("do no work, unless the status is null: then the real answer comes, late", async () => {
      const [first, second] = files;
      assert.ok(first && second);
      emulator.fault({ match: { path: "smimeInfo$" }, status: 503 });
      await alice.insert(first);
      assert.equal(kept().length, 0);
      emulator.fault({ match: { path: "smimeInfo$" }, status: null, delayMs: 120, headers: { "x-late": "1" } });
      const started = performance.now();
      const reply = await alice.insert(second);
      assert.deepEqual([reply.status, reply.headers.get("x-late")], [200, "1"]);
      assert.ok(performance.now() - started >= 115);
      assert.ok((emulator.requests().at(-1)?.ms ?? 0) >= 115);
    });

    it("drop the connection before or after the work, logged with status 0", async () => {
      const [first] = files;
      assert.ok(first);
      for (const [drop, count] of [
        ["before", 0],
        ["after", 1],
      ] as const) {
        emulator.fault({ match: { path: "smimeInfo$" }, status: 500, drop });
        await assert.rejects(alice.insert(first));
        assert.equal(kept().length, count, drop);
        assert.equal(emulator.requests().at(-1)?.status, 0);
      }
    });

    it("send a body as it is", async () => {
      emulator.fault({
        match: { path: "smimeInfo$" },
        status: 200,
        body: "<html>",
        headers: { "content-type": "text/html" },
      });
      const reply = await alice.list();
      assert.deepEqual([reply.status, reply.text, reply.headers.get("content-type")], [200, "<html>", "text/html"]);
    });

    it("speak OAuth at the token endpoint and XML in the audit API", async () => {
      emulator.fault(
        { match: { path: "^/token$" }, status: 400, reason: "invalid_grant" },
        { match: { path: "publickey" }, status: 503, reason: "1001" },
      );
      assert.equal((await alice.grant({})).error, "invalid_grant");
      const reply = await alice.call("POST", "/a/feeds/compliance/audit/publickey/example.com", "");
      assert.equal(reply.status, 503);
      assert.match(reply.text, /errorCode="1001"/);
    });
  });

  describe("control endpoints", () => {
    const control = (method: string, path: string, body?: unknown) => alice.call(method, `/_emulator/${path}`, body);

    it("replace everything by PUT state: certificates, tokens, faults and log", async () => {
      await insertAll();
      emulator.fault({ match: { path: "." }, status: 500 });
      assert.equal((await control("PUT", "state", seed)).status, 204);
      assert.deepEqual(JSON.parse((await control("GET", "requests")).text), []);
      assert.deepEqual((await alice.list()).json, {});
      assert.equal((await control("PUT", "state", {})).status, 204);
      assert.equal((await alice.list()).status, 401);
    });

    it("show every user and address, certificates in order of insertion with the leaf's fingerprint", async () => {
      const leaf = await mint.leaf();
      const { json } = await alice.insert(await mintPkcs12(leaf));
      const state = JSON.parse((await control("GET", "state")).text) as EmulatorState;
      assert.deepEqual(state, {
        users: {
          [ALICE]: {
            sendAs: {
              [ALICE]: {
                smimeInfo: [
                  {
                    id: json.id,
                    isDefault: false,
                    issuerCn: "Example S/MIME Issuing CA",
                    expiration: String(leaf.notAfter.getTime()),
                    fingerprint: leaf.fingerprint,
                  },
                ],
              },
              "sales@example.com": { smimeInfo: [] },
            },
          },
          "bob@example.com": { sendAs: { "bob@example.com": { smimeInfo: [] } } },
        },
        audit: {},
      });
    });

    it("refuse a seed or fault that is wrong, naming the place, and keep what was there", async () => {
      await insertAll();
      for (const [method, path, body] of [
        ["PUT", "state", { users: [{}] }],
        ["PUT", "state", { knobs: { deleteDefault: "maybe" } }],
        ["PUT", "state", { knob: {} }],
        ["PUT", "state", "{"],
        ["POST", "faults", { match: { path: "(" } }],
        ["POST", "faults", { status: 500 }],
        ["POST", "clock", { now: "soon" }],
      ] as const) {
        const reply = await control(method, path, body);
        assert.equal(reply.status, 400, JSON.stringify(body));
        assert.ok(reply.json.error?.message);
      }
      assert.equal(kept().length, 3);
      assert.equal((await control("GET", "nothing")).status, 404);
    });

    it("take faults one by one or in an array, and clear them", async () => {
      const fault = { match: { path: "smimeInfo" }, status: 500 };
      assert.equal((await control("POST", "faults", [fault, fault])).status, 204);
      assert.equal((await control("POST", "faults", fault)).status, 204);
      assert.equal((await alice.list()).status, 500);
      assert.equal((await control("DELETE", "faults")).status, 204);
      assert.equal((await alice.list()).status, 200);
    });

    it("log requests in order of arrival without control, and empty the log", async () => {
      emulator.fault({ match: { path: "sales" }, status: null, delayMs: 60 });
      await Promise.all([
        alice.list("sales@example.com"),
        new Promise((r) => setTimeout(r, 20)).then(() => alice.list()),
      ]);
      const lines = JSON.parse((await control("GET", "requests")).text) as LoggedRequest[];
      const path = (address: string) => `/gmail/v1/users/me/settings/sendAs/${address}/smimeInfo`;
      assert.deepEqual(
        lines.map((line) => [line.method, line.path, line.status, line.subject]),
        [
          ["GET", path("sales@example.com"), 200, ALICE],
          ["GET", path(ALICE), 200, ALICE],
        ],
      );
      assert.equal((await control("DELETE", "requests")).status, 204);
      assert.deepEqual(emulator.requests(), []);
    });

    it("save, make default and delete a certificate by hand, an expired one too, whatever deleteDefault says", async () => {
      set({ deleteDefault: "refuse" });
      const [first] = files;
      assert.ok(first);
      const expired = await mint.pkcs12({ notBefore: new Date("2024-01-01"), notAfter: new Date("2025-01-01") });
      const add = (pkcs12: Buffer) =>
        control("POST", "certificates", {
          user: ALICE,
          sendAs: ALICE,
          pkcs12: pkcs12.toString("base64"),
          password: "",
        });
      const { status, json } = await add(expired);
      assert.equal(status, 200);
      await add(first);
      const path = `certificates/${encodeURIComponent(ALICE)}/${encodeURIComponent(ALICE)}/${json.id ?? ""}`;
      assert.equal((await control("POST", `${path}/default`)).status, 204);
      assert.deepEqual(defaults(), [true, false]);
      assert.equal((await control("DELETE", path)).status, 204);
      assert.deepEqual(defaults(), [false]);
      assert.equal((await control("DELETE", path)).status, 404);
      assert.equal((await control("POST", "certificates", { user: ALICE, sendAs: ALICE, pkcs12: "AAAA" })).status, 400);
      assert.equal(
        (await control("POST", "certificates", { user: "x@example.com", sendAs: ALICE, pkcs12: "AAAA" })).status,
        404,
      );
    });

    it("set a clock that ticks on", async () => {
      await control("POST", "clock", { now: "2028-01-01T00:00:00Z" });
      const [first] = files;
      assert.ok(first);
      assert.equal((await alice.insert(first)).status, 400);
      emulator.setClock("2026-12-31T23:59:59.800Z");
      assert.equal((await alice.insert(first)).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 300));
      emulator.deleteCertificate(ALICE, ALICE, kept()[0]?.id ?? "");
      assert.equal((await alice.insert(first)).status, 400);
    });
  });

  it("delays every answer of the Google endpoints by latencyMs, none of control", async () => {
    const slow = await startEmulator({ seed, latencyMs: 100 });
    const client = new Client(slow.url);
    const time = async (work: () => Promise<unknown>) => {
      const started = performance.now();
      await work();
      return performance.now() - started;
    };
    assert.ok((await time(() => client.list())) >= 98);
    assert.ok((await time(() => client.grant({}))) >= 98);
    assert.ok((await time(() => client.call("GET", "/_emulator/state"))) < 90);
    await slow.stop();
  });

  it("stops at once, kept-alive connections and delayed answers included", async () => {
    const short = await startEmulator({ seed });
    const client = new Client(short.url);
    await client.list();
    short.fault({ match: { path: "." }, status: null, delayMs: 5000 });
    const waiting = assert.rejects(client.list());
    await new Promise((resolve) => setTimeout(resolve, 30));
    const started = performance.now();
    await short.stop();
    await waiting;
    assert.ok(performance.now() - started < 4_000);
  });
});
