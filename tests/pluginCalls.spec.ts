// Calls of the engine that share one request to Google: each ends by its own customTimeouts, and by no other's.
import assert from "node:assert/strict";
import { CreateRequest, type CreateResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PluginSession } from "./sessions";
import { until } from "./stackMailbox";
import { ALICE, NOW, seed, World, type Minted } from "./world";

const SOON = 1;

describe("calls of the plugin that wait for one answer", function () {
  this.timeout(60_000);
  let world: World;
  let key: Minted;
  let session: PluginSession;
  before(async () => {
    world = await World.start("plugin");
    key = await world.mint();
  });
  beforeEach(async () => {
    world.emulator.seed(seed());
    session = await PluginSession.open({
      config: { credentials: JSON.stringify(world.emulator.keyFile), endpoint: world.emulator.url },
      environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
      now: () => new Date(),
      fetch: globalThis.fetch,
      elapsed: () => performance.now(),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      log: () => undefined,
    });
    await world.byHand(key);
  });
  afterEach(() => {
    session.close();
  });
  after(() => world.emulator.stop());

  /** Adopts Alice's certificate; `timeout` in seconds, 0 for none. Answers with the error's words, if any. */
  async function adopt(name: string, timeout: number): Promise<string | undefined> {
    const type = "google-workspace-mail:index:SmimeCertificate";
    const { inputs } = await session.check("SmimeCertificate", {}, { userId: ALICE, certificate: key.certificatePem });
    const request = new CreateRequest().setUrn(`urn:pulumi:test::test::${type}::${name}`).setType(type);
    request.setProperties(Struct.fromJavaScript(inputs as never)).setTimeout(timeout);
    return session.call<CreateResponse>("create", request).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : "not an error"),
    );
  }

  const asked = (path: string): number =>
    world.emulator.requests().filter((request) => new RegExp(path).test(request.path)).length;

  for (const [what, path] of [
    ["token", "^/token$"],
    ["list", "smimeInfo$"],
  ] as const) {
    it(`go on when the one that asked for the ${what} is out of time`, async () => {
      world.emulator.fault({ match: { path }, status: 503, times: 1, headers: { "Retry-After": "5" } });
      const first = adopt("hasty", SOON);
      await until(() => asked(path) === 1, what);
      const [hasty, patient] = await Promise.all([first, adopt("patient", 0)]);
      assert.match(hasty ?? "", /Not finished within the 1 s that customTimeouts allows/);
      assert.equal(patient, undefined);
    });

    it(`end in their own time where another one asked for the ${what}`, async () => {
      world.emulator.fault({ match: { path }, status: 503, times: 1, headers: { "Retry-After": "5" } });
      const patient = adopt("patient", 0);
      await until(() => asked(path) === 1, what);
      assert.match((await adopt("hasty", SOON)) ?? "", /Not finished within the 1 s that customTimeouts allows/);
      assert.equal(asked(path), 1, "before it was asked again");
      assert.equal(await patient, undefined);
    });
  }
});
