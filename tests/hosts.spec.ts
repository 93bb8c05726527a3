/** Without an endpoint of its own a stack talks to Google's hosts, over https, and to no other, whatever lies about. */
import assert from "node:assert/strict";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import { output, type Program } from "./story";
import { ADMIN, ALICE, certificate, clean, defaultOf, seed, World } from "./world";

let world: World;
/** The network of a machine on which Google's names lead to the emulator; every origin asked for is kept. */
function network(origins: Set<string>): typeof fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    origins.add(url.origin);
    return fetch(`${world.emulator.url}${url.pathname}${url.search}`, init);
  };
}

const GOOGLE = ["https://apps-apis.google.com", "https://gmail.googleapis.com", "https://oauth2.googleapis.com"];

for (const adapter of ADAPTERS)
  describe(`the hosts, through the ${adapter} adapter`, () => {
    before(async () => {
      world = await World.start(adapter);
    });
    after(async () => {
      delete process.env["GOOGLE_CLOUD_UNIVERSE_DOMAIN"];
      await world.emulator.stop();
    });
    it("are Google's three, for the whole life of a stack", async () => {
      process.env["GOOGLE_CLOUD_UNIVERSE_DOMAIN"] = "evil.example.com"; // the generated client would follow it
      const day = 86_400_000;
      world.emulator.seed(seed({}, { now: new Date().toISOString() }));
      const key = await world.mint(ALICE, {
        notBefore: new Date(Date.now() - day),
        notAfter: new Date(Date.now() + 300 * day),
      });
      const credentials = JSON.stringify({
        ...world.emulator.keyFile,
        token_uri: "https://oauth2.googleapis.com/token",
      });
      const origins = new Set<string>();
      const story = world.story({ config: { credentials, adminEmail: ADMIN }, fetch: network(origins) });
      const program: Program = {
        alice: certificate(key),
        signs: defaultOf(output("alice", "id")),
        audit: {
          token: "AuditPublicKey",
          args: {
            domain: "example.com",
            publicKey: (await mintPgpKey({ date: new Date(Date.now() - day) })).publicKey,
          },
        },
      };
      clean(await story.up(program));
      assert.deepEqual(world.fingerprints(), [key.fingerprint]);
      assert.equal(story.outputs("alice")["endpoint"], "https://gmail.googleapis.com");
      clean(await story.refresh());
      clean(await story.destroy());
      assert.deepEqual([...origins].sort(), GOOGLE);
    });

    it("are not left by a redirect", async () => {
      world.emulator.seed(seed());
      const headers = { Location: "https://evil.example.com/" };
      const key = await world.mint();
      for (const path of ["^/token$", "smimeInfo$"]) {
        world.emulator.fault({ match: { path }, times: 1, status: 307, headers, body: "" });
        const origins = new Set<string>();
        const { errors } = await world.story({ fetch: network(origins) }).up({ alice: certificate(key) });
        assert.match(errors["alice"] ?? "", /Google answered 307/);
        assert.deepEqual([...origins], [world.emulator.url]);
      }
    });
  });
