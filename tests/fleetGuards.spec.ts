// What keeps a key that nobody can have back: fleets whose rows are renamed, moved, merged or renewed after half-failed
// updates, fleets that are replaced or renamed themselves, and several that want the same address.
import assert from "node:assert/strict";
import { FleetFolder, linesOf, mintCheap } from "./fleetFolder";
import { ADAPTERS } from "./sessions";
import type { Program, Story } from "./story";
import { ALICE, BOB, certificate, clean, NOW, PASSWORD, seed, World, type Minted } from "./world";

const until = (year: number) => ({ notAfter: new Date(`${String(year)}-06-01T00:00:00Z`) });

for (const adapter of ADAPTERS) {
  describe(`keys of a fleet, through the ${adapter} adapter`, () => {
    let world: World;
    let folder: FleetFolder;
    let story: Story;
    let keys: Record<"a1" | "a2" | "a3" | "bob", Minted>;

    before(async () => {
      world = await World.start(adapter);
      const [a1, a2, a3, bob] = await Promise.all([
        mintCheap(world, ALICE, until(2027)),
        mintCheap(world, ALICE, until(2028)),
        mintCheap(world, ALICE, { notAfter: new Date("2028-07-01T00:00:00Z") }),
        mintCheap(world, BOB),
      ]);
      keys = { a1, a2, a3, bob };
    });
    after(() => world.emulator.stop());
    beforeEach(() => {
      world.emulator.seed(seed());
      story = world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, PW: PASSWORD } });
      folder = new FleetFolder();
      for (const [name, { bytes }] of Object.entries(keys)) folder.write(`${name}.p12`, bytes);
    });
    afterEach(() => folder.remove());

    /** What an address has, in the order of insertion; `*`: signs. */
    const on = (user = ALICE): string[] =>
      world.certificates(user).map(({ fingerprint, isDefault }) => {
        const [name = "?"] = Object.entries(keys).find(([, key]) => key.fingerprint === fingerprint) ?? [];
        return isDefault ? `${name}*` : name;
      });
    const rows = (...lines: string[]): void => void folder.rows("user,path,password,name", ...lines);
    const row = (file: string, name = "", user = ALICE): string => `${user},${file}.p12,env:PW,${name}`;
    /** The file of Alice's row becomes this key. */
    const put = (key: keyof typeof keys): void => void folder.write("x.p12", keys[key].bytes);
    const up = (args: Record<string, unknown> = {}) => story.up(folder.program(args));
    const errorOf = (outcome: { errors: Readonly<Record<string, string>> }): string => outcome.errors["fleet"] ?? "";

    /** Alice has the key of an earlier file as well. */
    async function renewed(name = ""): Promise<void> {
      put("a1");
      rows(row("x", name), row("bob", "", BOB));
      clean(await up());
      put("a2");
      clean(await up());
      assert.deepEqual(on(), ["a1", "a2*"]);
    }

    it("stays where an upload failed and its row is called otherwise since, until maxDeletes says how many go", async () => {
      put("a1");
      rows(row("x"));
      clean(await up());
      put("a2");
      world.emulator.fault({ match: { path: "smimeInfo$", method: "POST" }, status: 403, reason: "forbidden" });
      assert.match(errorOf(await up()), /1 row failed/);
      rows(row("x", "2028"));
      const previewed = await story.preview(folder.program());
      assert.ok(previewed.messages.some((line) => /1 key of 1 row would be deleted in Gmail/.test(line)));
      world.emulator.clearRequests();
      assert.match(errorOf(await up()), /alice@example\.com\. .* set maxDeletes to 1 .* Nothing was changed/);
      assert.deepEqual([on(), world.verbs()], [["a1*"], []]);
      clean(await up({ maxDeletes: 1 }));
      assert.deepEqual(on(), ["a2*"]);
    });

    it("stays where the certificate in use was deleted by hand and the row is called otherwise since", async () => {
      await renewed();
      world.emulator.deleteCertificate(ALICE, ALICE, world.idOf(keys.a2));
      clean(await story.refresh());
      rows(row("x", "2028"), row("bob", "", BOB));
      assert.match(errorOf(await up()), /1 key of 1 row would be deleted/);
      assert.deepEqual(on(), ["a1"]);
    });

    it("stays where two rows become one, even if earlier files' keys go", async () => {
      rows(row("a1", "one"), row("a2", "two"));
      clean(await up({ previous: "delete" }));
      rows(row("a2", "one"));
      assert.match(errorOf(await up({ previous: "delete" })), /1 key of 1 row would be deleted/);
      assert.deepEqual(on(), ["a1", "a2*"]);
    });

    it("stays where the stored inputs have lost what Check found", async () => {
      rows(row("a1"), row("bob", "", BOB));
      clean(await up());
      delete story.kept.get("fleet")?.inputs["leaves"];
      rows(row("bob", "", BOB));
      const { failures } = await up();
      assert.match(failures["fleet"]?.[0]?.reason ?? "", /1 row is gone, and maxDeletes is 0: alice@example\.com/);
      assert.deepEqual(on(), ["a1*"]);
    });

    it("of an earlier file stays when the fleet is replaced, renamed, or gives way to single resources", async () => {
      await renewed();
      clean(await story.up(folder.program(), { replace: ["fleet"] }));
      assert.deepEqual(on(), ["a1", "a2*"]);
      const { fleet } = folder.program();
      assert.ok(fleet);
      clean(await story.up({ staff: fleet }));
      assert.deepEqual(on(), ["a1", "a2*"]);
    });

    it("of an earlier file stays when single resources take over", async () => {
      await renewed();
      const { messages } = await story.up({ alice: certificate(keys.a2), bob: certificate(keys.bob, { userId: BOB }) });
      assert.deepEqual([on(), on(BOB)], [["a1", "a2*"], ["bob*"]]);
      assert.ok(messages.some((line) => /alice@example\.com: .* is left in Gmail for old mail/.test(line)));
    });

    it("of an earlier file stays when another fleet takes the row", async () => {
      await renewed();
      const whole = folder.program()["fleet"];
      rows(row("bob", "", BOB));
      const rest = folder.program({ maxDeletes: 1 })["fleet"];
      assert.ok(whole && rest);
      rows(row("x"));
      const alices = folder.program()["fleet"];
      assert.ok(alices);
      clean(await story.up({ fleet: rest, two: alices }));
      assert.deepEqual(on(), ["a1", "a2*"]);
    });

    it("that a fleet keeps for old mail outlives the single resource that had uploaded it", async () => {
      put("a1");
      rows(row("x"));
      const single: Program = { single: certificate(keys.a1) };
      clean(await story.up(single));
      clean(await story.up({ ...single, ...folder.program() }));
      put("a2");
      clean(await story.up({ ...single, ...folder.program() }));
      const { messages } = await up();
      assert.deepEqual(on(), ["a1", "a2*"]);
      assert.ok(messages.some((line) => /is left in Gmail\. A SmimeFleet has this address/.test(line)));
    });

    it("signs again where its deletion failed after the earlier default was put back, and the row is back", async () => {
      world.emulator.setDefault(ALICE, ALICE, await world.byHand(keys.a3));
      rows(row("a1"), row("bob", "", BOB));
      clean(await up());
      assert.deepEqual(on(), ["a3", "a1*"]);
      rows(row("bob", "", BOB));
      world.emulator.fault({ match: { method: "DELETE", path: "smimeInfo" }, status: 403, reason: "forbidden" });
      assert.match(errorOf(await up({ maxDeletes: 1 })), /1 row failed/);
      assert.deepEqual(on(), ["a3*", "a1"]);
      rows(row("a1"), row("bob", "", BOB));
      clean(await up());
      assert.deepEqual(on(), ["a3", "a1*"]);
    });

    it("is not forgotten for one list that says there is no such address", async () => {
      rows(row("a1"));
      clean(await up());
      const before = story.outputs("fleet")["certificates"];
      const body = JSON.stringify({ error: { code: 404, message: "x", errors: [{ reason: "notFound" }] } });
      world.emulator.fault({ match: { method: "GET", path: "smimeInfo$" }, status: 404, body });
      clean(await story.refresh());
      assert.equal(story.outputs("fleet")["certificates"], before);
    });

    it("of a user who is no more is forgotten with the row, for it went with the mailbox", async () => {
      rows(row("a1"), row("bob", "", BOB));
      clean(await up());
      rows(row("a1"));
      const body = JSON.stringify({ error: "invalid_grant", error_description: "Invalid email or User ID" });
      world.emulator.fault({ match: { path: "/token$" }, status: 400, body, times: 2 });
      const outcome = await up({ maxDeletes: 1 });
      clean(outcome);
      assert.ok(outcome.messages.some((line) => /bob@example\.com: not a user of the domain any more/.test(line)));
      assert.deepEqual(linesOf(story.outputs("fleet")["certificates"]).length, 1);
    });

    it("is no matter of two fleets with different rows of an address", async () => {
      rows(row("a1"));
      const one = folder.program()["fleet"];
      rows(row("a2"));
      const two = folder.program()["fleet"];
      assert.ok(one && two);
      const { failures } = await story.up({ one, two });
      const reasons = Object.values(failures).flat();
      assert.match(reasons[0]?.reason ?? "", /Another SmimeFleet of this program wants something else for alice@/);
    });
  });
}
