// Calls that the engine ends: by the resource option customTimeouts, by Ctrl-C, and by dying. They end at once, with a state
// that says what is known, and the next up comes to exactly one certificate. Only the plugin can: the dynamic host cannot.
import assert from "node:assert/strict";
import type { Fault } from "./emulator";
import type { Stack } from "./engine";
import { statusLines } from "./engineEvents";
import { PROVIDER, type EngineProcess, type Outcome } from "./engineProcess";
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
import { propertiesOf } from "./stackState";
import { ALICE, seed, World, type Minted } from "./world";

/** Far beyond what any of these tests may take. */
const NEVER = 3_600_000;
/** What ends at once has ended after this, with a process to end and a busy machine. */
const AT_ONCE = 30_000;
const INSERT = { method: "POST", path: "smimeInfo$" };
const LATER = /run the same command again, which looks first at what is there/;

describe("calls that the engine ends, through the plugin", function () {
  this.timeout(STACK_TIMEOUT);
  let world: World;
  let stack: Stack;
  let key: Minted;
  let others: Minted;

  before(async () => {
    world = await World.start("plugin");
    [key, others] = await Promise.all([world.mint(), world.mint()]);
  });
  beforeEach(() => {
    world.emulator.seed(seed());
  });
  afterEach(() => {
    stack.dispose();
  });
  after(() => world.emulator.stop());

  async function open(timeouts?: string): Promise<void> {
    const text = program(certificateLine("alice"), defaultLine("signs", "alice"));
    const options = timeouts === undefined ? "dependsOn: []" : `customTimeouts: { ${timeouts} }`;
    const files = { "alice.p12": key.bytes };
    stack = await openMailboxes(world, { program: text.replaceAll("dependsOn: []", options), files });
  }

  /** Starts an up, and waits until Google has been asked for this. */
  async function upUntil(holds: () => boolean, fault: Fault): Promise<EngineProcess> {
    world.emulator.fault(fault);
    const up = await stack.start("up");
    await until(holds, JSON.stringify(fault));
    return up;
  }

  async function endsAtOnce(running: EngineProcess): Promise<Outcome> {
    const start = Date.now();
    const outcome = await running.finished;
    const took = Date.now() - start;
    assert.ok(took < AT_ONCE, `it took ${String(took)} ms`);
    assert.equal(outcome.ok, false);
    return outcome;
  }

  /** No operation is left open in the state, and the next up needs no `pulumi cancel`. */
  async function convergesIn(expected: string[]): Promise<void> {
    const { deployment } = (await stack.exportState()) as { deployment: { pending_operations?: unknown[] } };
    assert.deepEqual(deployment.pending_operations ?? [], []);
    world.emulator.clearFaults();
    assert.deepEqual(steps(await stack.up()), expected);
    assert.deepEqual(world.fingerprints(), [key.fingerprint]);
    assert.equal(world.default(), key.fingerprint);
    unchanged(await stack.preview({ expectNoChanges: true }));
  }

  it("a create ends with a sentence when its customTimeouts say so, and the next up adopts what it made", async () => {
    await open('create: "5s"');
    const up = await upUntil(() => world.fingerprints().length === 1, { match: INSERT, delayMs: NEVER });
    const { messages } = await endsAtOnce(up);
    const said = messages.find(({ text }) => /Not finished within the 5 s that customTimeouts allows/.test(text));
    assert.match(said?.text ?? "", LATER);
    assert.match(said?.urn ?? "", /::alice$/);
    await convergesIn(["create alice", "create signs"]);
  });

  it("a delete ends likewise, and the next destroy finishes it", async () => {
    await open('delete: "5s"');
    steps(await stack.up());
    world.emulator.fault({ match: { method: "DELETE", path: "smimeInfo" }, delayMs: NEVER, drop: "before" });
    const outcome = await endsAtOnce(await stack.start("destroy"));
    assert.match(outcome.output, /Not finished within the 5 s that customTimeouts allows/);
    world.emulator.clearFaults();
    assert.deepEqual(steps(await stack.destroy()), ["delete alice"]);
    assert.deepEqual(world.certificates(), []);
  });

  it("a default whose answers are lost is kept half-done, finished by an update, and restored by destroy", async () => {
    const theirs = await world.byHand(others);
    world.emulator.setDefault(ALICE, ALICE, theirs);
    await open('create: "5s"');
    const lost: Fault = { match: { method: "POST", path: "setDefault$" }, times: 1000, drop: "after" };
    await endsAtOnce(await upUntil(() => world.default() === key.fingerprint, lost));
    const { signs } = await propertiesOf(stack);
    assert.match(signs?.initErrors?.[0] ?? "", /Not finished within the 5 s that customTimeouts allows/);
    assert.equal(signs?.outputs?.["previousCertificateId"], theirs);
    assert.equal(signs.outputs["certificateId"], undefined);
    world.emulator.clearFaults();
    assert.deepEqual(steps(await stack.up()), ["update signs"]);
    unchanged(await stack.preview({ expectNoChanges: true }));
    steps(await stack.destroy());
    assert.equal(world.default(), others.fingerprint);
    assert.deepEqual(world.fingerprints(), [others.fingerprint]);
  });

  it("Ctrl-C ends a back-off, which the display shows beside the resource while it lasts", async () => {
    await open();
    const refused = (): boolean => world.emulator.requests().some(({ status }) => status === 429);
    const slow = { times: 1000, status: 429, reason: "rateLimitExceeded", headers: { "Retry-After": "30" } };
    const up = await upUntil(refused, { match: INSERT, ...slow });
    await new Promise((resolve) => setTimeout(resolve, 500));
    up.signal("SIGINT");
    const outcome = await endsAtOnce(up);
    assert.ok(outcome.messages.some(({ urn, text }) => urn.endsWith("::alice") && text.includes("Cancelled.")));
    assert.match(statusLines(outcome, "alice").join("\n"), /Google: .*Try 2 of 8 in 30 s/);
    assert.deepEqual(world.certificates(), []);
    await convergesIn(["create alice", "create signs"]);
    assert.deepEqual(world.writes(), ["insert", "setDefault"]);
  });

  it("Ctrl-C ends an open request, and the next up adopts what it made", async () => {
    await open();
    const up = await upUntil(() => world.fingerprints().length === 1, { match: INSERT, delayMs: NEVER });
    up.signal("SIGINT");
    const outcome = await endsAtOnce(up);
    assert.match(outcome.output, LATER);
    await convergesIn(["create alice", "create signs"]);
  });

  it("the plugin's process ends by itself when the engine is killed", async () => {
    await open();
    const up = await upUntil(() => world.fingerprints().length === 1, { match: INSERT, delayMs: NEVER });
    const plugins = (): number => up.commandLines().filter((command) => PROVIDER.test(command)).length;
    assert.equal(plugins(), 1);
    up.signal("SIGKILL");
    await up.finished;
    await until(() => plugins() === 0, "the end of the plugin", 20);
  });
});
