// An address with several certificates, as SmimeIdentity keeps it, on the real engine: years come and go, each with the
// requests that it needs and no other, and the address always signs.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { ADAPTERS } from "./sessions";
import { openMailboxes, program, STACK_TIMEOUT, steps, throughAdapter, unchanged } from "./stackMailbox";
import { ALICE, seed, World, type Minted } from "./world";

const ALL_EXPIRED = "2029-01-01T00:00:00Z";

/** A program with one identity; `years` are its lines. */
const identity = (years: readonly string[], options = "{}", name = "alice"): string =>
  program(
    'import { SmimeIdentity } from "pulumi-google-workspace-mail";',
    "const key = (year: string) => ({ pkcs12: new pulumi.asset.FileAsset(`${year}.p12`), password });",
    `const certificates = { ${years.map((year) => `"${year}": key("${year}")`).join(", ")} };`,
    `const alice = new SmimeIdentity("${name}", { userId: "${ALICE}", renewBeforeDays: 30, certificates }, ${options});`,
    "export const { defaultName, defaultCertificateId, expiration } = alice;",
    'export const fingerprint = alice.certificates["2026"].fingerprint;',
  );

for (const adapter of ADAPTERS)
  describe(`an identity, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack;
    let keys: Record<"2025" | "2026" | "2027", Minted>;

    before(async () => {
      world = await World.start(adapter);
      world.emulator.seed(seed());
      keys = {
        "2025": await world.mint(ALICE, { notAfter: new Date("2026-12-10T00:00:00Z") }),
        "2026": await world.mint(),
        "2027": await world.mint(ALICE, { notAfter: new Date("2028-05-01T00:00:00Z") }),
      };
      const files = Object.entries(keys).map(([year, { bytes }]) => [`${year}.p12`, bytes] as const);
      stack = await openMailboxes(world, { program: identity(["2026", "2025"]), files: Object.fromEntries(files) });
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });
    beforeEach(() => {
      world.emulator.clearRequests();
    });

    const write = (...program: Parameters<typeof identity>): void => stack.setProgram(identity(...program));

    function holds(years: readonly (keyof typeof keys)[], signing: keyof typeof keys): void {
      assert.deepEqual(world.fingerprints().sort(), years.map((year) => keys[year].fingerprint).sort());
      assert.equal(world.default(), keys[signing].fingerprint);
    }

    /** How often the address had no default meanwhile. */
    async function watched(work: () => Promise<Outcome>): Promise<Outcome> {
      let without = 0;
      const watch = setInterval(() => (without += world.default() === undefined ? 1 : 0), 1);
      const outcome = await work();
      clearInterval(watch);
      assert.equal(without, 0);
      return outcome;
    }

    it("puts this year's certificate and last year's there, and signs with the one that expires last", async () => {
      const children = ["create alice", "create alice-2025", "create alice-2026"];
      assert.deepEqual(steps(await stack.up()).sort(), ["create alice", ...children]);
      holds(["2025", "2026"], "2026");
      assert.deepEqual(world.writes(), ["insert", "insert", "setDefault"]);
      assert.deepEqual(await stack.outputs(), {
        defaultName: "2026",
        defaultCertificateId: world.idOf(keys["2026"]),
        expiration: "2027-11-01T00:00:00Z",
        fingerprint: keys["2026"].fingerprint,
      });
    });

    it("asks nothing in a second up, though meanwhile all have expired: it warns of the address once, and blocks nothing", async () => {
      const outcome = await stack.up({ expectNoChanges: true, env: { GOOGLE_WORKSPACE_MAIL_NOW: ALL_EXPIRED } });
      unchanged(outcome);
      assert.deepEqual(world.verbs(), []);
      const said = outcome.messages.map(({ text }) => text).filter((text) => text.includes("expired"));
      assert.equal(said.length, 1, said.join("\n"));
      assert.match(String(said), /alice@example\.com: every candidate has expired, so the default stays as it is/);
    });

    if (adapter === "dynamic") {
      it("uploads and signs with next year's when its line comes, and deletes nothing", async () => {
        write(["2025", "2026", "2027"]);
        assert.deepEqual(steps(await watched(() => stack.up())), ["create alice-2027", "update alice"]);
        assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault"]);
        holds(["2025", "2026", "2027"], "2027");
      });

      it("deletes the key whose line goes, and that one alone: of the default not before another is", async () => {
        write(["2025", "2026"]);
        assert.deepEqual(steps(await watched(() => stack.up())), ["update alice", "delete alice-2027"]);
        assert.deepEqual(world.writes(), ["setDefault", "delete"]);
        holds(["2025", "2026"], "2026");
      });
    } else
      it("replaces a line by another in one up: uploads, signs with the new one, deletes the one that went", async () => {
        write(["2026", "2027"]);
        const done = steps(await watched(() => stack.up()));
        assert.deepEqual(done, ["create alice-2027", "update alice", "delete alice-2025"]);
        assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault", "delete"]);
        holds(["2026", "2027"], "2027");
      });

    it("passes on to its children a new name by alias, protect, transformations and, of the plugin, the provider", async () => {
      const transform = "{ props, opts: { ...opts, retainOnDelete: true } }";
      const passed = [
        'aliases: [{ name: "alice" }]',
        "protect: true",
        `transformations: [({ props, opts }) => (${transform})]`,
        ...(adapter === "plugin" ? [`provider: new Provider("ours", ${PROVIDER})`] : []),
      ];
      const years = adapter === "plugin" ? ["2026", "2027"] : ["2025", "2026"];
      const lines = identity(years, `{ ${passed.join(", ")} }`, "asha");
      stack.setProgram(`import { Provider } from "pulumi-google-workspace-mail/plugin";\n${lines}`);
      const outcome = await stack.preview();
      unchanged(outcome);
      assert.deepEqual(world.verbs(), []);
      const children = childrenOf(outcome);
      assert.deepEqual(children.map(({ urn }) => urn.split("::").at(-1)).sort(), [
        "asha",
        ...years.map((year) => `asha-${year}`),
      ]);
      for (const { urn, protect, retainOnDelete, provider } of children) {
        assert.deepEqual([protect, retainOnDelete], [true, true], urn);
        assert.equal(provider.includes("::ours::"), adapter === "plugin", provider);
      }
    });

    if (adapter === "dynamic")
      it("goes over to the plugin without a request", async () => {
        stack.setProgram(throughAdapter("plugin", identity(["2025", "2026"])));
        unchanged(await stack.preview());
        assert.deepEqual(world.verbs(), []);
      });
  });

const PROVIDER = `(({ endpoint, credentials }) => ({ endpoint, credentials }))({
  endpoint: new pulumi.Config("google-workspace-mail").require("endpoint"),
  credentials: new pulumi.Config("google-workspace-mail").requireSecret("credentials"),
})`;

interface Child {
  readonly type: string;
  readonly urn: string;
  readonly provider: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
}

/** What the engine was told of each of our resources. */
function childrenOf({ events }: Outcome): Child[] {
  const all = events as { resourcePreEvent?: { metadata: { new: Child | null } } }[];
  const made = all.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata.new ?? []);
  return made.filter(({ type }) => /google-workspace-mail:(index:)?(Default)?SmimeCertificate$/.test(type));
}
