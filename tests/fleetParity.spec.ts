/**
 * A row follows the very rules of single resources: the same lives are played by SmimeCertificate with DefaultSmimeCertificate
 * and by a fleet, and after each step Google must hold the same. Then both in one program: neither deletes what the other has.
 */
import assert from "node:assert/strict";
import type { Fault, Knobs } from "./emulator";
import { FleetFolder, mintCheap } from "./fleetFolder";
import { ADAPTERS } from "./sessions";
import { output, type Declared, type Outcome, type Program, type Story } from "./story";
import { ALICE, certificate, clean, defaultOf, NOW, PASSWORD, seed, World, type Minted } from "./world";

const KEYS = ["one", "two"] as const;
type Key = (typeof KEYS)[number];
/** A key, what an administrator does by hand, an up with these keys declared, or what an engine does. */
type Step = readonly Key[] | "upload" | "delete one" | "delete two" | "move default" | "refresh" | "destroy" | Fault;

const INSERT = { method: "POST", path: "smimeInfo$" };
const SET = { method: "POST", path: "setDefault$" };
const DELETE = { method: "DELETE", path: "smimeInfo/" };

const LIVES: Record<string, readonly Step[]> = {
  "one, two, the second alone, none": [["one"], ["one", "two"], ["two"], []],
  "two, then the one that expires earlier": [["two"], ["one", "two"], ["one"], "destroy"],
  "one beside a foreign default": ["upload", "move default", ["one"], ["one", "two"], "destroy"],
  "a default moved by hand": ["upload", ["one"], "move default", "refresh", ["one"], "destroy"],
  "a default moved by hand, then the end": ["upload", ["one"], "move default", "destroy"],
  "a certificate deleted by hand": [["one"], "delete one", "refresh", ["one"], "destroy"],
  "the default of two deleted by hand": [["one", "two"], "delete two", "refresh", ["one", "two"], []],
  "deleted by hand without a refresh": [["one"], "delete one", "destroy"],
  "a lost insert": [{ match: INSERT, times: 1, drop: "after" }, ["one"], ["one"], "destroy"],
  "a lost insert and no answers after it": [
    { match: INSERT, times: 1000, drop: "before" },
    ["one"],
    "refresh",
    ["one"],
    "destroy",
  ],
  "a refused setDefault": [{ match: SET, times: 1, status: 403, reason: "forbidden" }, ["one"], ["one"], "destroy"],
  "a lost setDefault": [
    "upload",
    "move default",
    { match: SET, times: 1000, drop: "after" },
    ["one"],
    ["one"],
    "destroy",
  ],
  "a refused delete": [
    ["one", "two"],
    { match: DELETE, times: 1, status: 403, reason: "forbidden" },
    ["two"],
    ["two"],
    [],
  ],
};

const SETTINGS: Partial<Knobs>[] = [
  {},
  { firstInsertBecomesDefault: true, deleteDefault: "promote" },
  { deleteDefault: "refuse", listLag: 1 },
];

for (const adapter of ADAPTERS)
  describe(`rows and single resources, through the ${adapter} adapter`, () => {
    let world: World;
    let keys: Record<Key | "foreign", Minted>;
    let folder: FleetFolder;
    before(async () => {
      world = await World.start(adapter);
      const until = (year: string): Promise<Minted> =>
        mintCheap(world, ALICE, { notAfter: new Date(`${year}-06-01T00:00:00Z`) });
      keys = { one: await until("2027"), two: await until("2028"), foreign: await until("2029") };
      folder = new FleetFolder();
      for (const key of KEYS) folder.write(`${key}.p12`, keys[key].bytes);
    });
    after(async () => {
      folder.remove();
      await world.emulator.stop();
    });

    /** The fleet comes after what `first` is, as with dependsOn: it refers to it in what it has no use for. */
    function following(first: string, declared: readonly Key[], args: object = {}): Program {
      const { fleet: it } = fleet(declared);
      return it ? { fleet: { ...it, args: { ...it.args, passwords: output(first, "id"), ...args } } } : {};
    }

    const story = (): Story => world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, PW: PASSWORD } });

    function fleet(declared: readonly Key[]): Program {
      folder.rows("user,path,password,name", ...declared.map((key) => `${ALICE},${key}.p12,env:PW,${key}`));
      return folder.program({ maxDeletes: 2 });
    }

    function singles(declared: readonly Key[]): Program {
      const candidates = declared.map((key) => ({
        certificateId: output(key, "id"),
        expiration: output(key, "expiration"),
      }));
      const signs: Declared = {
        token: "DefaultSmimeCertificate",
        args: { userId: ALICE, choose: "furthestExpiry", candidates },
      };
      return {
        ...Object.fromEntries(declared.map((key) => [key, certificate(keys[key])])),
        ...(declared.length > 0 && { signs }),
      };
    }

    /** What Google holds after each step, in words. */
    async function play(
      steps: readonly Step[],
      knobs: Partial<Knobs>,
      program: (declared: readonly Key[]) => Program,
    ): Promise<string[]> {
      world.emulator.seed(seed(knobs));
      const telling = story();
      const held: string[] = [];
      for (const step of steps) {
        await take(step, telling, program);
        held.push(`${JSON.stringify(step)}: ${inWords()}`);
      }
      return held;
    }

    async function take(
      step: Step,
      telling: Story,
      program: (declared: readonly Key[]) => Program,
    ): Promise<Outcome | undefined> {
      if (step === "refresh") {
        await telling.refresh();
        return telling.refresh(); // reads what a lagging list did not show
      }
      if (step === "destroy") return telling.destroy();
      if (step === "upload") return void (await world.byHand(keys.foreign));
      if (step === "move default") return void world.emulator.setDefault(ALICE, ALICE, world.idOf(keys.foreign));
      if (step === "delete one" || step === "delete two") {
        const key = step === "delete one" ? keys.one : keys.two;
        return void world.emulator.deleteCertificate(ALICE, ALICE, world.idOf(key));
      }
      if (!Array.isArray(step)) return void world.emulator.fault(step as Fault);
      const outcome = await telling.up(program(step as readonly Key[]));
      world.emulator.clearFaults();
      return outcome;
    }

    const inWords = (): string =>
      world
        .certificates()
        .map(({ fingerprint, isDefault }) => {
          const name = Object.entries(keys).find(([, each]) => each.fingerprint === fingerprint)?.[0] ?? "?";
          return isDefault ? `${name} (default)` : name;
        })
        .sort()
        .join(", ");

    for (const [index, knobs] of SETTINGS.entries())
      if ((adapter === "plugin") === (index === 1))
        for (const [name, steps] of Object.entries(LIVES))
          it(`come to the same: ${name}, Google with ${JSON.stringify(knobs)}`, async () => {
            const expected = await play(steps, knobs, singles);
            assert.deepEqual(await play(steps, knobs, fleet), expected);
          });

    describe("in one program", () => {
      beforeEach(() => world.emulator.seed(seed()));
      const single = (): Program => ({ alice: certificate(keys.one), signs: defaultOf(output("alice", "id")) });

      it("move from single resources into a fleet and back, by adoption, without a write", async () => {
        const telling = story();
        clean(await telling.up(single()));
        const steps = [
          { ...single(), ...fleet(["one"]) },
          fleet(["one"]),
          { ...single(), ...fleet(["one"]) },
          single(),
        ];
        for (const program of steps) {
          world.emulator.clearRequests();
          clean(await telling.up(program));
          assert.deepEqual(world.writes(), []);
          assert.equal(inWords(), "one (default)");
        }
      });

      it("keep what the other declares when a row goes, the fleet goes, or the single ones go", async () => {
        const telling = story();
        clean(await telling.up({ ...fleet(["one", "two"]), alice: certificate(keys.one) }));
        clean(await telling.up({ ...following("alice", ["two"]), alice: certificate(keys.one) }));
        assert.equal(inWords(), "one, two (default)", "a row went");
        clean(await telling.up({ ...fleet(["one", "two"]), alice: certificate(keys.one) }));
        clean(await telling.up(fleet(["one", "two"])));
        assert.equal(inWords(), "one, two (default)", "the single one went");
        clean(await telling.up({ ...fleet(["one", "two"]), alice: certificate(keys.one, { onDelete: "delete" }) }));
        clean(await telling.up({ alice: certificate(keys.one, { onDelete: "delete" }) }));
        assert.ok(inWords().includes("one"), "the fleet went");
        clean(await telling.destroy());
        assert.ok(!inWords().includes("one"));
      });

      it("leave the default alone that only the other declares", async () => {
        const foreign = await world.byHand(keys.foreign);
        world.emulator.setDefault(ALICE, ALICE, foreign);
        const quiet = {
          fleet: { token: "SmimeFleet", args: { ...fleet(["one"])["fleet"]?.args, choose: "none" } },
        } as const;
        const telling = story();
        clean(await telling.up({ ...quiet, ...single() }));
        assert.equal(inWords(), "foreign, one (default)");
        clean(await telling.up({ ...quiet, alice: certificate(keys.one) }));
        assert.equal(inWords(), "foreign (default), one", "a fleet that chooses nothing declares no default");
        clean(await telling.up({ ...fleet(["one"]), ...single() }));
        clean(await telling.up({ ...following("signs", []), ...single() }));
        assert.equal(
          inWords(),
          "foreign, one (default)",
          "the row's end restores nothing while a single one declares it",
        );
      });

      it("survive up --replace and another name of the fleet", async () => {
        const telling = story();
        clean(await telling.up(fleet(["one", "two"])));
        clean(await telling.up(fleet(["one", "two"]), { replace: ["fleet"] }));
        assert.equal(inWords(), "one, two (default)");
        const { fleet: declared } = fleet(["one", "two"]);
        assert.ok(declared);
        clean(await telling.up({ domain: declared }));
        assert.equal(inWords(), "one, two (default)");
      });
    });
  });
