/** Who writes when: the calls that are under way at the same time, as the network sees them. */
import assert from "node:assert/strict";
import { servicesFor } from "../provider/config";
import { mintLeaf, mintPkcs12 } from "./mint";
import { PASSWORD, seed, World } from "./world";

const USERS = Array.from({ length: 8 }, (_, number) => `user${String(number)}@example.com`);

describe("the writes of mailboxes", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.emulator.stop());

  it("go one after another in one mailbox, and side by side in several", async () => {
    world.emulator.seed(seed({}, { users: USERS.map((email) => ({ email })) }));
    world.emulator.fault({ match: { method: "POST", path: "smimeInfo" }, times: 1000, delayMs: 30 });
    const leaf = await mintLeaf(world.authority, { emails: USERS });
    const pkcs12 = await mintPkcs12(leaf, { password: PASSWORD, iterations: 1 });
    const underWay = new Map<string, number>();
    const most = { ofOne: 0, ofAll: 0 };
    const watched: typeof fetch = async (input, init) => {
      const user = /users\/([^/]+)\/.*smimeInfo/.exec(String(input instanceof Request ? input.url : input))?.[1];
      if (user === undefined || init?.method !== "POST") return fetch(input, init);
      underWay.set(user, (underWay.get(user) ?? 0) + 1);
      most.ofOne = Math.max(most.ofOne, underWay.get(user) ?? 0);
      most.ofAll = Math.max(
        most.ofAll,
        [...underWay.values()].reduce((sum, each) => sum + each),
      );
      try {
        return await fetch(input, init);
      } finally {
        underWay.set(user, (underWay.get(user) ?? 0) - 1);
      }
    };
    const { sendAs } = servicesFor({
      ...{ now: () => new Date(), elapsed: () => performance.now(), random: () => 0, environment: {} },
      ...{ sleep: () => Promise.resolve(), fetch: watched, log: () => undefined },
      setting: (name) =>
        ({ credentials: JSON.stringify(world.emulator.keyFile), endpoint: world.emulator.url })[name as "endpoint"],
    });
    const upload = () => Promise.resolve({ pkcs12, password: PASSWORD });
    const work = USERS.map(async (userId) => {
      const address = { userId, sendAsEmail: userId };
      const { info } = await sendAs.insert(address, upload, ({ pem }) => pem !== undefined);
      await Promise.all([1, 2, 3].map(() => sendAs.setDefault(address, info.id)));
    });
    await Promise.all(work);
    assert.equal(most.ofOne, 1);
    assert.ok(most.ofAll > 3, `${String(most.ofAll)} at once`);
    assert.deepEqual(
      USERS.map((user) => world.default(user)),
      USERS.map(() => leaf.fingerprint),
    );
  });
});
