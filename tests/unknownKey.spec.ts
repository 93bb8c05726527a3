/** A private key that only an update knows: the certificate, which is public, is judged and compared without it. */
import assert from "node:assert/strict";
import { ADAPTERS } from "./sessions";
import { UNKNOWN, type Declared, type Program } from "./story";
import { ALICE, BOB, clean, seed, unchanged, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`a private key not known in the preview, through the ${adapter} adapter`, () => {
    let world: World;
    let key: Minted;
    before(async () => {
      world = await World.start(adapter);
      key = await world.mint();
    });
    after(() => world.emulator.stop());
    beforeEach(() => world.emulator.seed(seed()));

    const declared = (minted: Minted, args: Record<string, unknown> = {}): Declared => {
      const { certificatePem: certificate, chainPem: chain, privateKeyPem: privateKey } = minted;
      return { token: "SmimeCertificate", args: { userId: ALICE, certificate, chain, privateKey, ...args } };
    };
    const without = (minted: Minted, args: Record<string, unknown> = {}): Program => ({
      alice: declared(minted, { privateKey: UNKNOWN, ...args }),
    });

    it("tells of a new certificate what it is, and asks nothing", async () => {
      const { steps, messages } = await world.story().preview(without(key));
      assert.deepEqual(steps, { alice: "create" });
      const told = messages.join("\n");
      assert.ok(told.includes(`SHA-256 ${key.fingerprint}`) && told.includes("to 2027-11-01T00:00:00Z"), told);
      assert.deepEqual(world.verbs(), []);
    });

    it("is no change to a certificate that is there, and another certificate is one", async () => {
      const story = world.story();
      clean(await story.up({ alice: declared(key) }));
      world.emulator.clearRequests();
      unchanged(await story.preview(without(key)));
      // issuers after the leaf, in one file, and before it
      unchanged(await story.preview(without(key, { certificate: key.certificatePem + key.chainPem, chain: "\n" })));
      unchanged(await story.preview(without(key, { certificate: key.chainPem + key.certificatePem })));
      assert.deepEqual(clean(await story.preview(without(await world.mint()))), { alice: "replace" });
      assert.deepEqual(world.verbs(), []);
    });

    it("may be known while the chain is not: that says nothing of which certificate it is", async () => {
      const story = world.story();
      clean(await story.up({ alice: declared(key) }));
      unchanged(await story.preview({ alice: declared(key, { chain: UNKNOWN }) }));
      unchanged(await story.preview(without(key, { chain: UNKNOWN })));
      const { failures } = await story.preview({ alice: declared(await world.mint(BOB), { chain: UNKNOWN }) });
      assert.match(failures["alice"]?.[0]?.reason ?? "", /^sendAsEmail: alice@example\.com is not in the certificate/);
    });

    it("leaves open which of two certificates is meant", async () => {
      const both = key.certificatePem + (await world.mint(BOB)).certificatePem;
      assert.deepEqual(clean(await world.story().preview(without(key, { certificate: both }))), { alice: "create" });
    });

    it("keeps no refusal back that needs only the certificate", async () => {
      const past = { notBefore: new Date("2025-09-01T00:00:00Z"), notAfter: new Date("2026-10-01T00:00:00Z") };
      const refused: [Program, RegExp][] = [
        [without(await world.mint(BOB)), /^sendAsEmail: alice@example\.com is not in the certificate/],
        [without({ ...key, chainPem: "" }, { chain: UNKNOWN }), /^$/],
        [without(key, { chain: "\n" }), /^chain: does not hold the intermediate/],
        [without(await world.mint(ALICE, past)), /^certificate: expired at 2026-10-01/],
        [without(await world.mint(ALICE, { keyKind: "P-521" })), /^certificate: its key has a type or size/],
        [without(key, { certificate: key.privateKeyPem }), /^certificate: holds a private key/],
      ];
      for (const [program, reason] of refused) {
        const { failures } = await world.story().preview(program);
        assert.match((failures["alice"] ?? []).map((failure) => failure.reason).join("\n"), reason);
      }
    });

    it("is compared with its certificate by the update", async () => {
      const story = world.story();
      clean(await story.preview(without(key)));
      const { failures } = await story.up({
        alice: declared(key, { privateKey: (await world.mint()).privateKeyPem }),
      });
      assert.match(failures["alice"]?.[0]?.reason ?? "", /^certificate: does not belong to privateKey/);
      assert.deepEqual(world.verbs(), []);
    });
  });
