/** The life of a fleet: what each change of a row asks of Google, and what Google holds after it. */
import assert from "node:assert/strict";
import type { Knobs } from "./emulator";
import { FleetFolder, linesOf, mintCheap } from "./fleetFolder";
import { ADAPTERS } from "./sessions";
import type { Story } from "./story";
import { ALICE, BOB, clean, NOW, PASSWORD, SALES, seed, unchanged, World, type Minted } from "./world";

const year = (number: number): { notAfter: Date } => ({ notAfter: new Date(`${String(number)}-06-01T00:00:00Z`) });

/** Under the last two also through the plugin, which translates the same core. */
const SETTINGS = [
  { firstInsertBecomesDefault: true },
  { deleteDefault: "promote" },
  { deleteDefault: "refuse" },
  { duplicateInsert: "second" },
  { listLag: 2 },
  { listLag: 2, duplicateInsert: "second" },
  { firstInsertBecomesDefault: true, deleteDefault: "refuse", listLag: 1 },
  { unitsPerMinute: 250 },
] as const;

for (const adapter of ADAPTERS)
  describe(`the life of a fleet, through the ${adapter} adapter`, () => {
    let world: World;
    let folder: FleetFolder;
    let story: Story;
    let environment: { GOOGLE_WORKSPACE_MAIL_NOW: string; PW: string };
    let [first, second, third, bob, sales]: Minted[] = [];
    before(async () => {
      world = await World.start(adapter);
      [first, second, third, bob, sales] = await Promise.all([
        mintCheap(world, ALICE, year(2027)),
        mintCheap(world, ALICE, year(2028)),
        mintCheap(world, ALICE, year(2029)),
        mintCheap(world, BOB),
        mintCheap(world, SALES),
      ]);
    });
    after(() => world.emulator.stop());
    beforeEach(() => begin({}));
    afterEach(() => folder.remove());

    function begin(knobs: Partial<Knobs>): void {
      world.emulator.seed(seed(knobs));
      environment = { GOOGLE_WORKSPACE_MAIL_NOW: NOW, PW: PASSWORD };
      story = world.story({ environment });
      folder = new FleetFolder();
      folder.write("a.p12", of(first).bytes);
      folder.write("b.p12", of(bob).bytes);
      folder.write("s.p12", of(sales).bytes);
    }

    const of = (minted: Minted | undefined): Minted => {
      assert.ok(minted);
      return minted;
    };
    const print = (minted: Minted | undefined): string => of(minted).fingerprint;
    const file = (minted: Minted | undefined, name = "a.p12"): void => void folder.write(name, of(minted).bytes);
    const HEADER = "user,path,password,sendAs,name";
    const rows = (...lines: string[]): FleetFolder => folder.rows(HEADER, ...lines);
    const A = `${ALICE},a.p12,env:PW`;
    const B = `${BOB},b.p12,env:PW`;
    const S = `${ALICE},s.p12,env:PW,${SALES}`;
    /** Name, fingerprint and marks of each certificate that the state has. */
    const held = (): string[][] =>
      linesOf(story.outputs("fleet")["certificates"]).map(([, , name = "", , leaf = "", , marks = ""]) => [
        name,
        leaf,
        marks,
      ]);
    const asked = async (work: () => Promise<unknown>): Promise<string[]> => {
      world.emulator.clearRequests();
      await work();
      return world.verbs();
    };
    const up = async (args = {}): Promise<string[]> => asked(async () => clean(await story.up(folder.program(args))));
    /** Nothing to do, now and after a refresh; and the up that shows it asks nothing. */
    const settled = async (args = {}): Promise<void> => {
      unchanged(await story.preview(folder.program(args)));
      clean(await story.refresh());
      unchanged(await story.preview(folder.program(args)));
      assert.deepEqual(await asked(async () => unchanged(await story.up(folder.program(args)))), []);
    };

    it("asks for a token, a list, an insert and setDefault a row, and nothing where nothing changes", async () => {
      rows(A, B);
      assert.deepEqual(await asked(() => story.preview(folder.program())), []);
      assert.deepEqual((await up()).sort(), [
        "insert",
        "insert",
        "list",
        "list",
        "setDefault",
        "setDefault",
        "token",
        "token",
      ]);
      assert.deepEqual([world.default(), world.default(BOB)], [print(first), print(bob)]);
      assert.deepEqual(await asked(async () => unchanged(await story.preview(folder.program()))), []);
      assert.deepEqual((await asked(() => story.refresh())).sort(), ["list", "list", "token", "token"]);
      await settled();
    });

    it("asks of an alias what it asks of an address", async () => {
      rows(A, S);
      assert.equal((await up()).filter((verb) => verb !== "token").length, 6);
      assert.equal(world.default(ALICE, SALES), print(sales));
      await settled();
    });

    for (const [previous, left] of [
      ["keep", 2],
      ["delete", 1],
    ] as const)
      it(`adds the new certificate of a file that changed, makes it the default, and with previous ${previous} leaves ${String(left)}`, async () => {
        rows(A, B);
        await up({ previous });
        file(second);
        assert.deepEqual(clean(await story.preview(folder.program({ previous }))), { fleet: "update" });
        const expected = ["token", "list", "insert", "setDefault", ...(previous === "delete" ? ["delete"] : [])];
        assert.deepEqual(await up({ previous }), expected);
        assert.deepEqual([world.default(), world.fingerprints().length], [print(second), left]);
        assert.deepEqual(
          held()
            .map(([, leaf, marks]) => [leaf, marks])
            .sort(),
          [
            [print(bob), "default,chosen"],
            ...(previous === "keep" ? [[print(first), "earlier"]] : []),
            [print(second), "default,chosen"],
          ].sort(),
        );
        await settled({ previous });
      });

    it("keeps each earlier certificate of a row, and deletes them with the row", async () => {
      rows(A, B);
      await up();
      for (const next of [second, third]) {
        file(next);
        await up();
      }
      assert.equal(world.fingerprints().length, 3);
      await settled();
      rows(B);
      assert.deepEqual(await up({ maxDeletes: 1 }), ["token", "list", "delete", "delete", "delete"]);
      assert.deepEqual(world.fingerprints(), []);
    });

    it("takes an earlier file back without an upload, and forgets that it was earlier", async () => {
      rows(A);
      await up();
      file(second);
      await up();
      file(first);
      await up();
      assert.deepEqual([world.default(), world.writes()], [print(first), ["setDefault"]]);
      assert.deepEqual(new Set(held().map(([, , marks]) => marks)), new Set(["default,chosen", "earlier"]));
      await settled();
      file(third);
      await up({ previous: "delete" });
      assert.deepEqual(world.fingerprints().sort(), [print(second), print(third)].sort(), "what was kept stays");
    });

    it("keeps earlier certificates also of a row that is called otherwise now", async () => {
      rows(A);
      await up();
      file(second);
      await up();
      rows(`${A},,2028`);
      assert.deepEqual(await up(), []);
      assert.deepEqual(
        held().map(([name]) => name),
        ["2028", "2028"],
      );
      await settled();
      assert.equal(world.fingerprints().length, 2);
    });

    it("signs with the one of an address's rows that expires last, whatever the clock says later", async () => {
      file(second, "a2.p12");
      rows(`${A},,one`, `${ALICE},a2.p12,env:PW,,two`);
      await up();
      assert.deepEqual([world.default(), world.fingerprints().length], [print(second), 2]);
      await settled();
      for (const time of ["2027-07-01T00:00:00Z", "2028-07-01T00:00:00Z"]) {
        environment.GOOGLE_WORKSPACE_MAIL_NOW = time;
        world.emulator.setClock(time);
        await settled();
      }
      assert.equal(world.default(), print(second));
    });

    it("swaps two rows' files without a request", async () => {
      file(second, "a2.p12");
      rows(`${A},,one`, `${ALICE},a2.p12,env:PW,,two`);
      await up();
      file(first, "a2.p12");
      file(second);
      assert.deepEqual(await up(), []);
      assert.deepEqual(
        held().map(([name, leaf]) => [name, leaf]),
        [
          ["one", print(second)],
          ["two", print(first)],
        ],
      );
      await settled();
    });

    it("signs with what is left when the row of the default goes", async () => {
      file(second, "a2.p12");
      rows(`${A},,one`, `${ALICE},a2.p12,env:PW,,two`);
      await up();
      rows(`${A},,one`);
      await up({ maxDeletes: 1 });
      assert.deepEqual(world.writes(), ["setDefault", "delete"], "never without a default");
      assert.deepEqual([world.default(), world.fingerprints()], [print(first), [print(first)]]);
    });

    it("puts the default from before back when the last row of an address goes, and with the fleet", async () => {
      for (const end of ["row", "fleet"]) {
        begin({});
        const foreign = await world.byHand(of(third));
        world.emulator.setDefault(ALICE, ALICE, foreign);
        rows(A, B);
        await up();
        assert.equal(world.default(), print(first));
        file(second);
        await up();
        if (end === "row") await (rows(B), up({ maxDeletes: 1 }));
        else clean(await story.destroy());
        assert.deepEqual([world.default(), world.fingerprints()], [print(third), [print(third)]], end);
        assert.equal(story.kept.get("fleet")?.state["previousDefaults"], undefined);
      }
    });

    it("leaves the default that somebody set since when the row goes", async () => {
      const [foreign, later] = [await world.byHand(of(third)), await world.byHand(of(second))];
      world.emulator.setDefault(ALICE, ALICE, foreign);
      rows(A, B);
      await up();
      world.emulator.setDefault(ALICE, ALICE, later);
      rows(B);
      const { messages } = await story.up(folder.program({ maxDeletes: 1 }));
      assert.match(messages.join("\n"), /somebody else changed it since/);
      assert.equal(world.default(), print(second));
    });

    it("leaves what was there before with the row that adopted it, and says so", async () => {
      await world.byHand(of(first));
      rows(A, B);
      const created = await story.up(folder.program());
      assert.match(
        created.messages.join("\n"),
        /warning: SmimeFleet: alice@example\.com: the same certificate was already there and was adopted/,
      );
      assert.deepEqual(world.writes(), ["insert", "setDefault", "setDefault"]);
      await settled();
      rows(B);
      const { messages } = await story.up(folder.program({ maxDeletes: 1 }));
      assert.match(
        messages.join("\n"),
        /alice@example\.com: certificate \S+ \(expires 2027-06-01T00:00:00Z\) is left in Gmail/,
      );
      assert.deepEqual(world.fingerprints(), [print(first)]);
      clean(await story.destroy());
      assert.deepEqual(world.fingerprints(BOB), []);
    });

    it("deletes or leaves all of it as onDelete says, and with retain leaves the default as well", async () => {
      const foreign = await world.byHand(of(third));
      for (const onDelete of ["retain", "delete"]) {
        world.emulator.setDefault(ALICE, ALICE, foreign);
        rows(A);
        await up({ onDelete });
        assert.deepEqual(
          await asked(async () => clean(await story.destroy())),
          onDelete === "retain" ? [] : ["token", "list", "setDefault", "delete"],
        );
        const expected = onDelete === "retain" ? print(first) : print(third);
        assert.equal(world.default(), expected);
        assert.equal(world.fingerprints().length, onDelete === "retain" ? 2 : 1);
      }
    });

    it("can be told to delete otherwise later", async () => {
      rows(A);
      await up();
      assert.deepEqual(await up({ onDelete: "retain" }), []);
      await settled({ onDelete: "retain" });
      clean(await story.destroy());
      assert.deepEqual(world.fingerprints(), [print(first)]);
    });

    it("leaves defaults alone where choose is none, until it chooses", async () => {
      const foreign = await world.byHand(of(third));
      world.emulator.setDefault(ALICE, ALICE, foreign);
      rows(A, B);
      assert.ok(!(await up({ choose: "none" })).includes("setDefault"));
      assert.deepEqual([world.default(), world.default(BOB)], [print(third), undefined]);
      await settled({ choose: "none" });
      await up();
      assert.deepEqual([world.default(), world.default(BOB)], [print(first), print(bob)]);
      assert.deepEqual(await up({ choose: "none" }), [], "it is not undone");
      await settled({ choose: "none" });
      clean(await story.destroy());
      assert.equal(world.default(), print(third), "but its end puts it back");
    });

    describe("sees what happened outside, and puts right only that:", () => {
      beforeEach(async () => {
        rows(A, B, S);
        await up();
      });

      it("a certificate deleted", async () => {
        world.emulator.deleteCertificate(BOB, BOB, world.idOf(of(bob), BOB));
        clean(await story.refresh());
        const { steps, messages } = await story.preview(folder.program());
        assert.deepEqual(steps, { fleet: "update" });
        assert.match(messages.join("\n"), /bob@example\.com: certificate .* is added/);
        assert.doesNotMatch(messages.join("\n"), /alice/);
        assert.deepEqual(await up(), ["token", "list", "insert", "setDefault"]);
        assert.equal(world.default(BOB), print(bob));
        await settled();
      });

      it("a default moved", async () => {
        world.emulator.setDefault(ALICE, ALICE, await world.byHand(of(third)));
        clean(await story.refresh());
        assert.match(
          (await story.preview(folder.program())).messages.join(),
          /SmimeFleet: alice@example\.com: the default is set/,
        );
        assert.deepEqual(await up(), ["token", "setDefault"]);
        assert.equal(world.default(), print(first));
        await settled();
        assert.deepEqual(world.fingerprints().sort(), [print(first), print(third)].sort());
      });

      it("a whole mailbox gone: the others go on", async () => {
        world.emulator.seed(seed({}, { users: [{ email: ALICE, sendAs: [ALICE, SALES] }] }));
        const refreshed = await story.refresh();
        assert.match(refreshed.messages.join("\n"), /warning: SmimeFleet: not read, so as it was: bob@example\.com: /);
        assert.ok(!refreshed.messages.join().includes("not read, so as it was: alice"));
        clean(await story.up(folder.program()));
        assert.deepEqual([world.default(), world.default(ALICE, SALES)], [print(first), print(sales)]);
        world.emulator.seed(seed());
        clean(await story.refresh());
        await up();
        assert.deepEqual([world.default(), world.default(BOB)], [print(first), print(bob)]);
        await settled();
      });

      it("but not a certificate that nobody declared, which is listed and left alone", async () => {
        const id = await world.byHand(of(third));
        await settled();
        const expected = [[ALICE, "", id, print(third), "2029-06-01T00:00:00Z"]];
        assert.deepEqual(linesOf(story.outputs("fleet")["unmanaged"]), expected);
        clean(await story.destroy());
        assert.deepEqual([world.fingerprints(), world.fingerprints(BOB)], [[print(third)], []]);
      });

      it("and gone already when it is to be deleted", async () => {
        world.emulator.deleteCertificate(ALICE, ALICE, world.idOf(of(first)));
        world.emulator.deleteCertificate(BOB, BOB, world.idOf(of(bob), BOB));
        clean(await story.destroy());
        assert.deepEqual([story.kept.size, world.fingerprints(ALICE, SALES)], [0, []]);
      });
    });

    it("remembers the default from before over the loss of its own certificate", async () => {
      const foreign = await world.byHand(of(third));
      world.emulator.setDefault(ALICE, ALICE, foreign);
      rows(A, B);
      await up();
      world.emulator.deleteCertificate(ALICE, ALICE, world.idOf(of(first)));
      clean(await story.refresh());
      rows(B);
      assert.deepEqual(clean(await story.preview(folder.program({ maxDeletes: 1 }))), { fleet: "update" });
      await up({ maxDeletes: 1 });
      assert.equal(world.default(), print(third));
      await settled({ maxDeletes: 1 });
    });

    it("lists what was on an address before it came", async () => {
      const id = await world.byHand(of(third));
      rows(A);
      await up();
      assert.deepEqual(
        linesOf(story.outputs("fleet")["unmanaged"]).map((line) => line[2]),
        [id],
      );
      await settled();
    });

    it("is nothing with no rows, and grows from there and back", async () => {
      rows();
      assert.deepEqual(await up(), []);
      await settled();
      rows(A);
      await up();
      rows();
      await up({ maxDeletes: 1 });
      await settled();
      assert.deepEqual([world.fingerprints(), story.outputs("fleet")["certificates"]], [[], ""]);
      clean(await story.destroy());
    });

    it("cannot be imported, and says what to do instead", async () => {
      await assert.rejects(
        story.import("fleet", "SmimeFleet", "smimeFleet"),
        /cannot be imported\. Declare its rows instead/,
      );
    });

    for (const knobs of adapter === "plugin" ? SETTINGS.slice(-2) : SETTINGS)
      it(`lives as well where Google is ${JSON.stringify(knobs)}`, async () => {
        begin(knobs);
        rows(A, B, S);
        await up();
        assert.deepEqual(
          [world.default(), world.default(BOB), world.default(ALICE, SALES)],
          [first, bob, sales].map(print),
        );
        await settled();
        file(second);
        await up({ previous: "delete" });
        assert.deepEqual([world.default(), world.fingerprints()], [print(second), [print(second)]]);
        world.emulator.deleteCertificate(BOB, BOB, world.idOf(of(bob), BOB));
        await story.refresh(); // reads what a lagging list still shows
        clean(await story.refresh());
        await up();
        assert.deepEqual([world.default(BOB), world.fingerprints(BOB)], [print(bob), [print(bob)]]);
        rows(A, S);
        await up({ maxDeletes: 1 });
        assert.deepEqual(world.fingerprints(BOB), []);
        await settled();
        clean(await story.destroy());
        assert.deepEqual([world.fingerprints(), world.fingerprints(ALICE, SALES)], [[], []]);
      });
  });
