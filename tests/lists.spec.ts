/** One list of a mailbox's certificates a run: Pulumi creates and refreshes all certificates first, and then all defaults. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Lists } from "../provider/google/lists";
import { ADAPTERS } from "./sessions";
import { output, type Program } from "./story";
import { ALICE, BOB, certificate, clean, seed, unchanged, verb, World } from "./world";

const MINUTE = 60_000;

for (const adapter of ADAPTERS)
  describe(`a mailbox among many, through the ${adapter} adapter`, () => {
    let world: World;
    let program: Program;
    before(async () => {
      world = await World.start(adapter);
      const [alice, bob] = await Promise.all([world.mint(), world.mint(BOB)]);
      program = {
        alice: certificate(alice),
        bob: certificate(bob, { userId: BOB }),
        // what it says of Bob makes it wait for him, as in a long run the defaults wait for all certificates
        signs: {
          token: "DefaultSmimeCertificate",
          args: {
            userId: ALICE,
            choose: "furthestExpiry",
            candidates: [{ certificateId: output("alice", "id"), expiration: output("bob", "expiration") }],
          },
        },
      };
    });
    after(() => world.emulator.stop());

    /** A minute goes by with the other mailbox. */
    function busy(method: string): void {
      const headers = { "Retry-After": "60" };
      world.emulator.fault({ match: { method, path: BOB }, times: 1, status: 429, headers });
    }
    const askedOfAlice = (): string[] =>
      world.emulator
        .requests()
        .filter(({ path, subject }) => path.includes(ALICE) || subject === ALICE)
        .map(verb);

    it("is listed once, however long the others take between its certificate and its default", async () => {
      world.emulator.seed(seed());
      const story = world.story();
      busy("POST");
      clean(await story.up(program));
      assert.ok(story.waited >= MINUTE, String(story.waited));
      assert.deepEqual(askedOfAlice(), ["token", "list", "insert", "setDefault"]);
      world.emulator.clearRequests();
      busy("GET");
      unchanged(await story.refresh());
      assert.ok(story.waited >= 2 * MINUTE, String(story.waited));
      assert.deepEqual(askedOfAlice(), ["token", "list"]);
    });
  });

describe("lists", () => {
  it("are forgotten in the end: of 200 big ones, asked for over hours, few stay in memory", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    let time = 0;
    const lists = new Lists(() => time);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let number = 0; number < 200; number += 1) {
      const info = { id: "1", isDefault: true, pem: String.fromCharCode(97 + (number % 26)).repeat(300_000) };
      const name = `user${String(number)}`;
      await lists.get(name, MINUTE, () =>
        Promise.resolve([{ ...info, pem: Buffer.from(info.pem).toString("latin1") }]),
      );
      time += MINUTE;
    }
    collect();
    const kept = process.memoryUsage().heapUsed - before;
    assert.ok(kept < 20_000_000, `${String(kept)} bytes of sixty million`);
    assert.equal((await lists.get("user199", 2 * MINUTE, () => Promise.reject(new Error("asked"))))?.length, 1);
  });
});
