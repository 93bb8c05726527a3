/** The project's quota against the emulator's knob, many mailboxes at once, in time that costs nothing. */
import assert from "node:assert/strict";
import { servicesFor, type World as Handed } from "../provider/config";
import { Quota } from "../provider/google/quota";
import type { SettingName } from "../provider/settings";
import type { Seed } from "./emulator";
import { mintLeaf, mintPkcs12, type Leaf } from "./mint";
import { PluginSession } from "./sessions";
import { VirtualClock } from "./virtualClock";
import { ALICE, BOB, NOW, PASSWORD, seed, verb, World } from "./world";

const MAILBOXES = 100;
const USERS = Array.from({ length: MAILBOXES }, (_, number) => `user${String(number)}@example.com`);
/** A list, an insert and a setDefault for each, at 60 writes a minute. */
const UNITS = 6_000;
const IDEAL = (Math.ceil((MAILBOXES * 201) / UNITS) - 1) * 60;

describe("the project's quota", () => {
  let world: World;
  let leaf: Leaf;
  let pkcs12: Buffer;
  let clock: VirtualClock;
  let lines: string[];

  before(async () => {
    world = await World.start();
    leaf = await mintLeaf(world.authority, { emails: USERS });
    pkcs12 = await mintPkcs12(leaf, { password: PASSWORD, iterations: 1 });
  });
  after(() => world.emulator.stop());

  /** Services with 0.2 s a request; the emulator's clock goes along. */
  function open(knobs: Seed["knobs"], unitsPerMinute?: number) {
    world.emulator.seed(seed(knobs, { users: USERS.map((email) => ({ email })) }));
    const move = (ms: number): void =>
      world.emulator.setClock(new Date(world.emulator.now().getTime() + ms).toISOString());
    clock = new VirtualClock(200, move);
    lines = [];
    const settings: Partial<Record<SettingName, string>> = {
      credentials: JSON.stringify(world.emulator.keyFile),
      endpoint: world.emulator.url,
      ...(unitsPerMinute !== undefined && { unitsPerMinute: String(unitsPerMinute) }),
    };
    const handed: Handed = {
      ...{ setting: (name) => settings[name], environment: {}, now: () => new Date(), log: () => undefined },
      ...{ elapsed: clock.elapsed, sleep: clock.sleep, fetch: clock.fetch, random: () => 0.5 },
      onWait: (line) => lines.push(line),
    };
    return servicesFor(handed).sendAs;
  }
  type SendAs = ReturnType<typeof open>;

  const addressOf = (user: string) => ({ userId: user, sendAsEmail: user });
  const insert = (sendAs: SendAs, user: string) =>
    sendAs.insert(
      addressOf(user),
      () => Promise.resolve({ pkcs12, password: PASSWORD }),
      ({ pem }) => pem !== undefined,
    );

  /** All mailboxes, `parallel` at a time. Returns the seconds after which nine of ten were done. */
  async function up(sendAs: SendAs, parallel: number, users = USERS): Promise<number> {
    const waiting = [...users];
    const ends: number[] = [];
    const work = async (): Promise<void> => {
      for (let user = waiting.shift(); user !== undefined; user = waiting.shift()) {
        const { info } = await insert(sendAs, user);
        await sendAs.setDefault(addressOf(user), info.id);
        ends.push(clock.elapsed() / 1000);
      }
    };
    await Promise.all(Array.from({ length: parallel }, work));
    for (const user of users) assert.equal(world.default(user), leaf.fingerprint, user);
    return ends[Math.floor(users.length * 0.9)] ?? Infinity;
  }

  const refused = (): number => world.emulator.requests().filter(({ status }) => status === 429).length;
  const seconds = (): number => clock.elapsed() / 1000;

  it("lets every mailbox be done in one up where Google takes far less than expected, with few refusals", async () => {
    const parallel = 80;
    await up(open({ unitsPerMinute: UNITS }), parallel);
    assert.ok(refused() < parallel, `${String(refused())} refused`); // the first burst, of which Google takes 59
    assert.ok(seconds() < IDEAL + 30, `${String(seconds())} s instead of ${String(IDEAL)} s`);
    const told = /^Google refuses more than about (\d+) quota units a minute\. This call's turn comes in about \d min$/;
    const measured = Number(told.exec(lines.at(-1) ?? "")?.[1]);
    assert.ok(Math.abs(measured - UNITS) < UNITS / 10, lines.at(-1));
  });

  it("is never refused anything where unitsPerMinute says what Google takes", async () => {
    await up(open({ unitsPerMinute: UNITS }, UNITS), MAILBOXES);
    assert.equal(refused(), 0);
    assert.ok(seconds() < IDEAL + 10, `${String(seconds())} s instead of ${String(IDEAL)} s`);
    const told =
      /^Google gets no more than 6000 quota units a minute \(unitsPerMinute\)\. This call's turn comes in about/;
    assert.ok(lines.length > 0 && lines.length <= 3 * MAILBOXES, "once for each wait");
    assert.deepEqual(
      lines.filter((line) => !told.test(line)),
      [],
    );
  });

  for (const reason of ["rateLimitExceeded", "userRateLimitExceeded"]) {
    it(`slows nobody else for one user's ${reason}`, async () => {
      const sendAs = open({});
      world.emulator.fault({ match: { path: "users/user0(@|%40)" }, times: 6, status: 429, reason });
      const most = await up(sendAs, 16, USERS.slice(0, 48));
      assert.equal(refused(), 6);
      assert.ok(most < 5, `${String(most)} s`);
    });
  }

  it("recovers within two minutes from refusals that were a whim", async () => {
    const sendAs = open({});
    world.emulator.fault({
      match: { path: "users/user[01](@|%40)" },
      times: 4,
      status: 429,
      reason: "rateLimitExceeded",
    });
    await up(sendAs, 16, USERS.slice(0, 48));
    assert.ok(seconds() > 10 && seconds() < 120, `${String(seconds())} s`);
  });

  it("looks again before an insert that has waited, and adopts what another run has put there", async () => {
    const sendAs = open({ duplicateInsert: "second" }, 101);
    const [first = "", second = ""] = USERS;
    const done = [insert(sendAs, first), insert(sendAs, second)];
    await done[0];
    await world.emulator.addCertificate({
      user: second,
      sendAs: second,
      pkcs12: pkcs12.toString("base64"),
      password: PASSWORD,
    });
    assert.equal((await done[1])?.adopted, "was there");
    assert.equal(world.certificates(second).length, 1);
    assert.equal(world.emulator.requests().filter((request) => verb(request) === "insert").length, 1);
  });

  it("lets nobody go sooner, and whoever is behind it one place forward, when a call that waits is cancelled", async () => {
    const sleepers: { wake: () => void; stop: (error: Error) => void }[] = [];
    const sleep = (): Promise<void> => new Promise((wake, stop) => sleepers.push({ wake, stop }));
    let time = 0;
    const quota = new Quota({ sleep, elapsed: () => time, most: 100, onWait: () => undefined });
    const take = (user: string): Promise<string> => quota.take({ units: 100, user }).then(() => user);
    const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    quota.end(await quota.take({ units: 100, user: "first" }), true);
    const gone: string[] = [];
    for (const user of ["second", "third", "fourth"])
      void take(user).then(
        (name) => gone.push(name),
        () => gone.push(`${user} cancelled`),
      );
    sleepers[1]?.stop(new Error("cancelled"));
    sleepers[0]?.wake();
    sleepers[2]?.wake();
    await settle();
    assert.deepEqual(gone, ["third cancelled"]);
    time = 60_000;
    for (const { wake } of sleepers) wake();
    await settle();
    assert.deepEqual(gone, ["third cancelled", "second"]);
    assert.equal(sleepers.length, 6, "the fourth waits for the second's units, and for no others");
  });

  it("ends its waits at once when the plugin is told to stop", async () => {
    world.emulator.seed(seed());
    const session = await PluginSession.open({
      config: {
        credentials: JSON.stringify(world.emulator.keyFile),
        endpoint: world.emulator.url,
        unitsPerMinute: "1",
      },
      ...{ environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW }, now: () => new Date(), fetch: globalThis.fetch },
      ...{ elapsed: () => performance.now(), log: (_severity, line) => lines.push(line) },
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    try {
      lines = [];
      const keys = await Promise.all([ALICE, BOB].map((user) => world.mint(user)));
      const creates = [ALICE, BOB].map(async (userId, index) => {
        const { inputs } = await session.check(
          "SmimeCertificate",
          {},
          { userId, pkcs12: keys[index]?.pkcs12, password: PASSWORD },
        );
        return session.create("SmimeCertificate", inputs, false);
      });
      const all = Promise.allSettled(creates);
      const isWaiting = (): boolean => lines.some((line) => line.includes("(unitsPerMinute)"));
      while (!isWaiting()) await new Promise((resolve) => setTimeout(resolve, 10));
      const start = performance.now();
      await session.cancel();
      for (const end of await all) assert.ok(end.status === "rejected" && /Cancelled\./.test(String(end.reason)));
      assert.ok(performance.now() - start < 20_000, "the quota would have them wait for an hour");
      assert.deepEqual(world.writes(), []);
    } finally {
      session.close();
    }
  });

  it("refuses a unitsPerMinute that is no number", () => {
    for (const wrong of [0, -1, 1.5, NaN])
      assert.throws(() => open({}, wrong), /unitsPerMinute must be a whole number/);
  });
});
