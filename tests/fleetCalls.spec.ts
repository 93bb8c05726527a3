/** One call of the engine for a whole fleet, through the plugin: it is out of time or cancelled in the middle. */
import assert from "node:assert/strict";
import {
  CreateRequest,
  UpdateRequest,
  type CreateResponse,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { readFleet } from "../sdk";
import { FleetFolder, linesOf, mintCheap } from "./fleetFolder";
import { InitFailed, PluginSession, type Properties } from "./sessions";
import { ALICE, BOB, NOW, PASSWORD, SALES, seed, World } from "./world";

const TYPE = "google-workspace-mail:index:SmimeFleet";
const SOON = 3; // seconds, long before Bob may be asked again

describe("a fleet's call that ends in the middle", () => {
  let world: World;
  let session: PluginSession;
  const folder = new FleetFolder();
  before(async () => {
    world = await World.start("plugin");
    for (const [name, email] of Object.entries({ "a.p12": ALICE, "b.p12": BOB, "s.p12": SALES }))
      folder.write(name, (await mintCheap(world, email)).bytes);
    folder.rows(`${ALICE},a.p12,env:PW`, `${BOB},b.p12,env:PW`, `${ALICE},s.p12,env:PW,${SALES}`);
  });
  after(async () => {
    folder.remove();
    await world.emulator.stop();
  });
  beforeEach(async () => {
    world.emulator.seed(seed());
    session = await PluginSession.open({
      config: { credentials: JSON.stringify(world.emulator.keyFile), endpoint: world.emulator.url },
      environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, PW: PASSWORD },
      now: () => new Date(),
      fetch: globalThis.fetch,
      elapsed: () => performance.now(),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      log: () => undefined,
    });
  });
  afterEach(() => {
    session.close();
  });

  async function create(timeout: number): Promise<InitFailed> {
    const { inputs } = await session.check("SmimeFleet", {}, { ...readFleet(folder.csv) });
    const request = new CreateRequest().setUrn(`urn:pulumi:test::test::${TYPE}::it`).setType(TYPE).setTimeout(timeout);
    const failed = await session.call<CreateResponse>("create", request.setProperties(struct(inputs))).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(failed instanceof InitFailed, String(failed));
    return failed;
  }

  async function finish({ made: { id, state } }: InitFailed): Promise<string> {
    const { inputs } = await session.check("SmimeFleet", {}, { ...readFleet(folder.csv) });
    assert.equal((await session.diff("SmimeFleet", { id, inputs, state }, inputs)).changes, true);
    const request = new UpdateRequest().setUrn(`urn:pulumi:test::test::${TYPE}::it`).setType(TYPE).setId(id);
    const updating = request.setOlds(struct(state)).setOldInputs(struct(inputs)).setNews(struct(inputs));
    const { properties } = (await session.call<UpdateResponse>("update", updating)).toObject();
    return JSON.stringify(properties);
  }

  it("keeps what is done in the state when it is cancelled", async () => {
    world.emulator.fault({
      match: { method: "GET", path: BOB },
      times: 1,
      status: 503,
      headers: { "Retry-After": "30" },
    });
    const creating = create(0);
    const isDone = (): boolean => world.verbs().filter((verb) => verb === "setDefault").length === 2;
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 10));
    await session.cancel();
    const { message, made } = await creating;
    assert.match(message, /1 row failed, all others are done.*\nCancelled\./);
    assert.deepEqual(
      linesOf(made.state["certificates"]).map(([user, sendAs]) => sendAs || user),
      [ALICE, SALES],
    );
  });

  it("keeps what is done in the state when customTimeouts end it, and the next update does the rest", async () => {
    world.emulator.fault({
      match: { method: "GET", path: BOB },
      times: 1,
      status: 503,
      headers: { "Retry-After": "30" },
    });
    const failed = await create(SOON);
    assert.match(failed.message, /\nNot finished within the 3 s that customTimeouts allows/);
    const { certificates, failed: left } = failed.made.state;
    const there = [ALICE, SALES].filter((address) => world.fingerprints(ALICE, address).length > 0);
    assert.deepEqual(
      linesOf(certificates).map(([user, sendAs]) => sendAs || user),
      there,
    );
    assert.ok(linesOf(left).some(([user]) => user === BOB));
    world.emulator.clearRequests();
    await finish(failed);
    assert.equal(world.verbs().filter((verb) => verb === "insert").length, 3 - there.length);
    for (const user of [ALICE, BOB]) assert.equal(world.default(user), world.fingerprints(user)[0]);
  });
});

const struct = (properties: Properties): Struct => Struct.fromJavaScript(properties as never);
