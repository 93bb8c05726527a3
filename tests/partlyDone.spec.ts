/**
 * A default whose every answer is lost: perhaps it is set, perhaps not. What was the default before is known from then on
 * by the state alone, so the resource is kept there half-done.
 */
import assert from "node:assert/strict";
import { ADAPTERS } from "./sessions";
import { ALICE, clean, mailbox, seed, unchanged, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`a default without an answer, through the ${adapter} adapter`, () => {
    let world: World;
    let key: Minted;
    let others: Minted;
    before(async () => {
      world = await World.start(adapter);
      [key, others] = await Promise.all([world.mint(), world.mint()]);
    });
    after(() => world.emulator.stop());

    for (const drop of ["before", "after"] as const) {
      it(`stays in the state with the default before it, lost ${drop} Gmail set it; the next up finishes it, destroy restores`, async () => {
        world.emulator.seed(seed());
        const theirs = await world.byHand(others);
        world.emulator.setDefault(ALICE, ALICE, theirs);
        world.emulator.fault({ match: { method: "POST", path: "setDefault$" }, times: 1000, drop });
        const story = world.story();
        const failed = await story.up(mailbox(key));
        assert.match(failed.errors["signs"] ?? "", /Google gave no answer/);
        assert.equal(world.default(), drop === "after" ? key.fingerprint : others.fingerprint);
        const { previousCertificateId, certificateId } = story.outputs("signs");
        assert.deepEqual([previousCertificateId, certificateId], [theirs, undefined]);
        world.emulator.clearFaults();
        world.emulator.clearRequests();
        assert.deepEqual(clean(await story.up(mailbox(key))), { alice: "same", signs: "update" });
        assert.deepEqual(world.writes(), ["setDefault"]);
        assert.equal(world.default(), key.fingerprint);
        unchanged(await story.up(mailbox(key)));
        clean(await story.destroy());
        assert.equal(world.default(), others.fingerprint);
        assert.deepEqual(world.fingerprints(), [others.fingerprint]);
      });
    }
  });
