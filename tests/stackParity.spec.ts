// One program through both adapters, on the real engine: the same requests to Google in the same order, and the same
// properties of every resource, in each part of its life.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { mintPgpKey } from "./mint";
import { ADAPTERS, type Adapter } from "./sessions";
import {
  certificateLine,
  defaultLine,
  openMailboxes,
  program,
  STACK_TIMEOUT,
  steps,
  throughAdapter,
} from "./stackMailbox";
import { propertiesOf } from "./stackState";
import { ALICE, SALES, seed, World, type Minted } from "./world";

/** What happened in one operation: requests as `POST /path (user)`, and every property of every resource after it. */
interface Trace {
  readonly requests: readonly string[];
  readonly resources: readonly { readonly name: string }[];
}
const OPERATIONS = ["create", "refresh", "rotation", "update", "destroy"] as const;
type Life = Record<(typeof OPERATIONS)[number], Trace>;

/** In turn, so that the order of requests is the program's. */
const ONE_BY_ONE = { args: ["--parallel=1"] };

const text = (options: string): string =>
  program(
    certificateLine("alice").replace("password }", `password${options} }`),
    defaultLine("signs", "alice"),
    `const sales = { userId: "${ALICE}", sendAsEmail: "${SALES}", pkcs12: new pulumi.asset.FileAsset("sales.p12"), password };`,
    'const sold = new SmimeCertificate("sold", { ...sales, renewBeforeDays: 30 }, { dependsOn: [signs] });',
    "const candidates = [{ certificateId: sold.id, expiration: sold.expiration }];",
    `const sells = new DefaultSmimeCertificate("sells", { userId: "${ALICE}", sendAsEmail: "${SALES}", choose: "furthestExpiry", candidates });`,
    'const publicKey = new pulumi.asset.FileAsset("audit.asc");',
    'new AuditPublicKey("audit", { domain: "example.com", publicKey }, { dependsOn: [sells] });',
  );

describe("the same program through both adapters", function () {
  this.timeout(STACK_TIMEOUT);
  let first: World;
  let keys: { alice: Minted; next: Minted; sales: Minted };
  let audit: string;
  let lives: Record<Adapter, Life>;

  before(async () => {
    first = await World.start();
    const [alice, next, sales] = await Promise.all([first.mint(), first.mint(), first.mint(SALES)]);
    keys = { alice, next, sales };
    audit = (await mintPgpKey()).publicKey;
    lives = { dynamic: await live("dynamic"), plugin: await live("plugin") };
  });
  after(() => first.emulator.stop());

  async function live(adapter: Adapter): Promise<Life> {
    const world = new World(first.emulator, first.authority, adapter);
    world.emulator.seed(seed());
    const files = { "alice.p12": keys.alice.bytes, "sales.p12": keys.sales.bytes, "audit.asc": audit };
    const stack = await openMailboxes(world, { program: text(""), files });
    const traced = async (work: () => Promise<unknown>): Promise<Trace> => {
      world.emulator.clearRequests();
      await work();
      return trace(world, stack);
    };
    try {
      const create = await traced(async () => steps(await stack.up(ONE_BY_ONE)));
      const refresh = await traced(async () => steps(await stack.refresh(ONE_BY_ONE)));
      stack.writeFiles({ "alice.p12": keys.next.bytes });
      const rotation = await traced(async () => steps(await stack.up(ONE_BY_ONE)));
      stack.setProgram(throughAdapter(adapter, text(', onDelete: "delete", renewBeforeDays: 10')));
      const update = await traced(async () => steps(await stack.up(ONE_BY_ONE)));
      const destroy = await traced(async () => steps(await stack.destroy(ONE_BY_ONE)));
      return { create, refresh, rotation, update, destroy };
    } finally {
      stack.dispose();
    }
  }

  for (const operation of OPERATIONS) {
    it(`asks Google the same and comes to the same in ${operation}`, () => {
      const { dynamic, plugin } = lives;
      assert.deepEqual(plugin[operation], dynamic[operation]);
    });
  }

  it("does something in each of them but an update of our own settings", () => {
    for (const adapter of ADAPTERS) {
      const asked = OPERATIONS.filter((operation) => lives[adapter][operation].requests.length > 0);
      assert.deepEqual(asked, ["create", "refresh", "rotation", "destroy"]);
      const names = lives[adapter].update.resources.map(({ name }) => name);
      assert.deepEqual(names, ["alice", "audit", "sells", "signs", "sold"]);
    }
  });
});

/** Google's ids are random: each is named by the order in which it is first seen. */
async function trace(world: World, stack: Stack): Promise<Trace> {
  const requests = world.emulator
    .requests()
    .map(({ method, path, subject }) => `${method} ${path} (${String(subject)})`);
  const kept = await propertiesOf(stack);
  const names = Object.keys(kept).filter((name) => kept[name]?.type.includes("google-workspace-mail:"));
  const resources = names.sort().map((name) => ({ name, id: kept[name]?.id, ...kept[name]?.outputs, ...PASSING }));
  const ids = new Map<string, string>();
  const named = JSON.stringify({ requests, resources }).replaceAll(/ANe1Bm[\w-]+/g, (id) => {
    ids.set(id, ids.get(id) ?? `id ${String(ids.size + 1)}`);
    return ids.get(id) ?? "";
  });
  return JSON.parse(named) as Trace;
}

/** The dynamic host's own text, and the moment at which Google took the audit key. */
const PASSING = { __provider: undefined, updated: "then" };
