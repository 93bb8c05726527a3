/** What the dynamic adapter tells of a wait, in the compiled package; the plugin's lines are stackCancel.spec.ts's. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { ALICE, BOB, NOW, seed, World } from "./world";

const PROGRAM = `
  const { dynamicProvider } = require("./dist/provider");
  const { config, userIds, certificate } = JSON.parse(process.env.GIVEN);
  const provider = dynamicProvider("SmimeCertificate");
  provider.configure({ config: { get: (key) => config[key.split(":")[1]] } });
  const create = async (userId) => {
    const { inputs } = await provider.check({}, { userId, certificate });
    return provider.create(inputs).catch((error) => console.log(error.message));
  };
  Promise.all(userIds.map(create));`;

describe("a wait, in a dynamic provider", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.emulator.stop());

  it("is told under the stack, with reason and try, and once of many at a time", async () => {
    world.emulator.seed(seed());
    const { certificatePem: certificate } = await world.mint(ALICE, { emails: [ALICE, BOB] });
    world.emulator.fault({ match: { method: "GET", path: "smimeInfo" }, times: 2, status: 503 });
    const config = { credentials: JSON.stringify(world.emulator.keyFile), endpoint: world.emulator.url };
    const GIVEN = JSON.stringify({ config, userIds: [ALICE, BOB], certificate });
    const env = { ...process.env, GIVEN, GOOGLE_WORKSPACE_MAIL_NOW: NOW };
    const child = spawn(process.execPath, ["-e", PROGRAM], { cwd: join(__dirname, ".."), env });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.equal(stdout.match(/no certificate there has/g)?.length, 2, stdout);
    assert.equal(stderr.match(/^Google: 503.*Try 2 of 8 in \d s$/gm)?.length, 1, stderr);
  });
});
