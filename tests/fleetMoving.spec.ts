/** Single resources that become rows of a fleet, and rows that become single resources: Google is only ever read. */
import assert from "node:assert/strict";
import { FleetFolder, linesOf, mintCheap } from "./fleetFolder";
import { ADAPTERS } from "./sessions";
import { output, type Program, type Story } from "./story";
import { ALICE, BOB, certificate, clean, defaultOf, NOW, PASSWORD, seed, unchanged, World, type Minted } from "./world";

/** A mailbox's token and list, and a get of what is adopted and of what signs: a list may lag. */
const READS = ["get", "get", "get", "get", "list", "list", "token", "token"];

for (const adapter of ADAPTERS)
  describe(`moving between single resources and a fleet, through the ${adapter} adapter`, () => {
    let world: World;
    let folder: FleetFolder;
    let story: Story;
    let alice: Minted;
    let earlier: Minted;
    let bob: Minted;

    before(async () => {
      world = await World.start(adapter);
      [alice, earlier, bob] = await Promise.all([mintCheap(world), mintCheap(world), mintCheap(world, BOB)]);
    });
    after(() => world.emulator.stop());
    beforeEach(async () => {
      world.emulator.seed(seed());
      folder = new FleetFolder();
      folder.write("alice.p12", alice.bytes);
      folder.write("bob.p12", bob.bytes);
      // a default from before, which must not come back
      world.emulator.setDefault(ALICE, ALICE, await world.byHand(earlier));
      story = stack();
    });
    afterEach(() => folder.remove());

    const stack = (): Story => world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, PW: PASSWORD } });

    /** `onDelete` of the certificates: moved keys would surely be deleted if the move were not seen. */
    const singleAlice = (): Program => ({
      alice: certificate(alice, { onDelete: "delete" }),
      aliceSigns: defaultOf(output("alice", "id")),
    });
    const singleBob = (): Program => ({
      bob: certificate(bob, { userId: BOB, onDelete: "delete" }),
      bobSigns: defaultOf(output("bob", "id"), { userId: BOB }),
    });
    const singles = (): Program => ({ ...singleAlice(), ...singleBob() });
    const rowOf = (user: string): string => `${user},${user.replace(/@.*/, "")}.p12,env:PW`;
    const fleet = (users: readonly string[], args: Record<string, unknown> = {}): Program =>
      folder.rows("user,path,password", ...users.map(rowOf)).program({ onDelete: "delete", ...args });

    /** Nothing is written, and both sign with what they signed with. */
    async function quietly(program: Program, steps: Record<string, string>, who = story): Promise<void> {
      world.emulator.clearRequests();
      assert.deepEqual(clean(await who.up(program)), steps);
      assert.deepEqual(world.writes(), []);
      assert.deepEqual([world.default(), world.default(BOB)], [alice.fingerprint, bob.fingerprint]);
      assert.deepEqual(world.fingerprints().sort(), [alice.fingerprint, earlier.fingerprint].sort());
      unchanged(await who.preview(program));
    }
    const gone = { alice: "delete", aliceSigns: "delete", bob: "delete", bobSigns: "delete" };
    const came = { alice: "create", aliceSigns: "create", bob: "create", bobSigns: "create" };
    const marks = (): (string | undefined)[] =>
      linesOf(story.outputs("fleet")["certificates"]).map(([, , , , , , all]) => all);

    it("takes one up each way", async () => {
      clean(await story.up(singles()));
      await quietly(fleet([ALICE, BOB]), { fleet: "create", ...gone });
      assert.deepEqual(world.verbs().sort(), READS);
      assert.deepEqual(marks(), ["default,chosen,adopted", "default,chosen,adopted"]);
      await quietly(singles(), { fleet: "delete", ...came });
      assert.deepEqual(world.verbs().sort(), READS);
    });

    it("takes one up for some of the rows, where the fleet comes after the single resources", async () => {
      clean(await story.up(fleet([ALICE, BOB])));
      // of the single one's outputs, so that it comes after it as with dependsOn
      const later = fleet([BOB], { maxDeletes: 1, onDelete: output("alice", "onDelete") });
      const steps = { alice: "create", aliceSigns: "create", fleet: "update" };
      await quietly({ ...singleAlice(), ...later }, steps);
      await quietly(fleet([ALICE, BOB]), { fleet: "update", alice: "delete", aliceSigns: "delete" });
    });

    it("deletes the key and uploads it again where the fleet comes first, for it cannot know", async () => {
      clean(await story.up(fleet([ALICE, BOB])));
      const { alice: single } = singleAlice();
      const args = { ...single?.args, onDelete: output("fleet", "onDelete") };
      world.emulator.clearRequests();
      clean(await story.up({ ...fleet([BOB], { maxDeletes: 1 }), alice: { token: "SmimeCertificate", args } }));
      assert.deepEqual(world.writes(), ["setDefault", "delete", "insert"]);
    });

    it("takes no write from a stack with single resources to one with a fleet, once the first says retain", async () => {
      clean(await story.up(singles()));
      await quietly(fleet([ALICE, BOB]), { fleet: "create" }, stack());
      const retained = Object.entries(singles()).map(([name, { token, args }]) => [
        name,
        { token, args: { ...args, onDelete: "retain" } },
      ]);
      clean(await story.up(Object.fromEntries(retained) as Program));
      await quietly({}, gone);
    });

    it("takes no write from a stack with a fleet to one with single resources, once the first says retain", async () => {
      clean(await story.up(fleet([ALICE, BOB])));
      await quietly(singles(), came, stack());
      await quietly(fleet([BOB], { onDelete: "retain", maxDeletes: 1 }), { fleet: "update" });
      await quietly({}, { fleet: "delete" });
    });
  });
