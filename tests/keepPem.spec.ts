/** The public certificate in the state: as Gmail shows it, or left out for stacks of many. */
import assert from "node:assert/strict";
import { ADAPTERS } from "./sessions";
import { certificate, clean, PASSWORD, seed, unchanged, World, ALICE, type Minted } from "./world";
import { mintAuthority, mintLeaf, mintPkcs12 } from "./mint";

/** Bytes that one certificate may take in the state, beyond the inputs that its program wrote. */
const WITH_PEM = 4096;
const WITHOUT_PEM = 1024;

for (const adapter of ADAPTERS)
  describe(`keepPem, through the ${adapter} adapter`, () => {
    let world: World;
    let key: Minted;
    before(async () => {
      world = await World.start(adapter);
      // as large as most certificates are: with a P-256 key everything would fit anyway
      const authority = await mintAuthority({ keyKind: "RSA-2048" });
      const leaf = await mintLeaf(authority, { emails: [ALICE], keyKind: "RSA-2048" });
      const bytes = await mintPkcs12(leaf, { password: PASSWORD });
      key = { ...leaf, bytes, pkcs12: bytes.toString("base64") };
    });
    after(() => world.emulator.stop());
    beforeEach(() => {
      world.emulator.seed(seed());
      world.emulator.clearRequests();
    });

    const alice = (args: Record<string, unknown> = {}) => ({ alice: certificate(key, args) });

    it("false leaves the certificate out of the state, and nothing else", async () => {
      const [full, small] = [world.story(), world.story()];
      clean(await full.up(alice()));
      world.emulator.seed(seed());
      clean(await small.up(alice({ keepPem: false })));
      const [{ pem: all, ...kept }, { pem: none, keepPem, ...rest }] = [full.outputs("alice"), small.outputs("alice")];
      assert.equal(String(all), key.certificatePem + key.chainPem);
      assert.deepEqual([none, keepPem], ["", false]);
      const without = ({ id: _id, certificateId: _certificateId, ...others }: typeof rest) => others;
      assert.deepEqual(without(rest), without(kept));
      unchanged(await small.refresh());
      assert.equal(small.outputs("alice")["pem"], "");
      unchanged(await small.preview(alice({ keepPem: false })));
      unchanged(await full.preview(alice()));
    });

    it("is changed without touching Google: what was left out is read again", async () => {
      const story = world.story();
      clean(await story.up(alice({ keepPem: false })));
      world.emulator.clearRequests();
      assert.deepEqual(clean(await story.up(alice())), { alice: "update" });
      assert.deepEqual(world.verbs(), ["token", "list"]);
      assert.equal(story.outputs("alice")["pem"], key.certificatePem + key.chainPem);
      world.emulator.clearRequests();
      assert.deepEqual(clean(await story.up(alice({ keepPem: false }))), { alice: "update" });
      assert.deepEqual(world.verbs(), []);
      assert.equal(story.outputs("alice")["pem"], "");
    });

    it("decides how large the state is", async () => {
      const size = async (args: Record<string, unknown>): Promise<number> => {
        const story = world.story();
        clean(await story.up(alice(args)));
        const { id: _id, ...state } = story.outputs("alice");
        return Buffer.byteLength(JSON.stringify(state));
      };
      const [full, small] = [await size({}), await size({ keepPem: false })];
      assert.ok(full < WITH_PEM, `${String(full)} bytes`);
      assert.ok(small < WITHOUT_PEM, `${String(small)} bytes`);
    });
  });
