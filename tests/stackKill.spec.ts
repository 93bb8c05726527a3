// Processes that end at the worst moment: after Google has saved the certificate, before Pulumi has written that down.
// Whatever ended (engine, provider host, Google's side), the next up comes to exactly one certificate on each address.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { startEmulator, type Emulator } from "./emulator";
import type { Stack } from "./engine";
import { ADAPTERS } from "./sessions";
import {
  certificateLine,
  defaultLine,
  openMailboxes,
  program,
  STACK_TIMEOUT,
  steps,
  unchanged,
  until,
} from "./stackMailbox";
import { ALICE, BOB, PASSWORD, seed, World, type Minted } from "./world";

/** Longer than any of these tests: who waits for this answer is killed waiting. */
const NEVER = 3_600_000;

for (const adapter of ADAPTERS)
  describe(`a stack whose up is killed, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let alice: Minted;
    let bob: Minted;
    let stack: Stack | undefined;

    before(async () => {
      world = await World.start(adapter);
      [alice, bob] = await Promise.all([world.mint(), world.mint(BOB)]);
    });
    beforeEach(async () => {
      world.emulator.seed(seed());
      stack = await openMailboxes(world, {
        program: program(
          certificateLine("alice"),
          defaultLine("aliceSigns", "alice"),
          // One after the other, so that there is something before, and something after, the moment of the kill.
          certificateLine("bob", { user: BOB, file: "bob.p12", after: ["aliceSigns"] }),
          defaultLine("bobSigns", "bob", { user: BOB }),
        ),
        files: { "alice.p12": alice.bytes, "bob.p12": bob.bytes },
      });
    });
    afterEach(() => {
      stack?.dispose();
    });
    after(() => world.emulator.stop());

    function bothAreThere(): void {
      assert.deepEqual([world.fingerprints(), world.fingerprints(BOB)], [[alice.fingerprint], [bob.fingerprint]]);
      assert.deepEqual([world.default(), world.default(BOB)], [alice.fingerprint, bob.fingerprint]);
    }

    for (const who of ["engine", "provider"] as const) {
      it(`comes to one certificate each when the ${who} is killed between insert and state`, async () => {
        assert.ok(stack);
        world.emulator.fault({ match: { method: "POST", path: `${BOB}/smimeInfo$` }, delayMs: NEVER });
        const up = await stack.start("up");
        await until(() => world.fingerprints(BOB).length === 1, "the insert of Bob's certificate");
        if (who === "engine") up.signal("SIGKILL");
        else assert.ok(up.killProvider());
        const killed = await up.finished;
        assert.equal(killed.ok, false);
        assert.equal(world.default(BOB), undefined);
        if (who === "engine") await stack.cancel();
        world.emulator.clearRequests();
        const outcome = await stack.up();
        assert.deepEqual(steps(outcome), ["create bob", "create bobSigns"]);
        assert.deepEqual(world.writes(), ["setDefault"]);
        assert.ok(
          outcome.messages.some(({ text }) => /bob@example\.com: .* was already there and was adopted/.test(text)),
        );
        bothAreThere();
        unchanged(await stack.preview({ expectNoChanges: true }));
      });
    }

    it("comes to one certificate each when Google's side ends in the middle, and comes back with other ids", async () => {
      assert.ok(stack);
      world.emulator.fault({ match: { method: "POST", path: `${BOB}/smimeInfo$` }, delayMs: NEVER });
      const up = await stack.start("up");
      await until(() => world.fingerprints(BOB).length === 1, "the insert of Bob's certificate");
      world = new World(await restarted(world.emulator), world.authority, adapter);
      for (const [user, { bytes }] of [
        [ALICE, alice],
        [BOB, bob],
      ] as const)
        await world.emulator.addCertificate({ user, sendAs: user, pkcs12: bytes, password: PASSWORD });
      const interrupted = await up.finished;
      assert.equal(interrupted.ok, false, interrupted.output);
      assert.match(interrupted.output, /bob@example\.com: Google gave no answer .* Whether it arrived is not known/);
      // The state names ids of Alice's certificate and default that are no more: a refresh finds that out.
      const outcome = await stack.up({ refresh: true });
      assert.deepEqual(steps(outcome), ["create alice", "update aliceSigns", "create bob", "create bobSigns"]);
      assert.deepEqual(world.writes(), ["setDefault", "setDefault"]);
      bothAreThere();
      unchanged(await stack.preview({ expectNoChanges: true }));
    });

    it("rides out an outage of seconds in the same up", async () => {
      assert.ok(stack);
      const insert = { method: "POST", path: `${BOB}/smimeInfo$` };
      world.emulator.fault({ match: insert, drop: "after" }, { match: { path: "." }, times: 2, drop: "before" });
      // The first fault is for Bob's insert alone; Alice's token and list are dropped and asked for again.
      steps(await stack.up());
      assert.deepEqual(world.writes(), ["insert", "setDefault", "insert", "setDefault"]);
      bothAreThere();
      unchanged(await stack.preview({ expectNoChanges: true }));
    });
  });

/** Stops it with all its connections, and starts one on the same port that knows the same key but none of the tokens. */
async function restarted(emulator: Emulator): Promise<Emulator> {
  const { client_email: email, client_id: clientId, private_key: key } = emulator.keyFile;
  const publicKeyPem = createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
  await emulator.stop();
  const scopes = ["https://www.googleapis.com/auth/gmail.settings.basic"];
  return startEmulator({
    port: Number(new URL(emulator.url).port),
    seed: seed({}, { serviceAccounts: [{ email, clientId, publicKeyPem, scopes }] }),
  });
}
