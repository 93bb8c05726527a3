/** A fleet where Google refuses, answers get lost and runs end in the middle: the others are done, and the next up does the rest. */
import assert from "node:assert/strict";
import { FleetFolder, linesOf, mintCheap } from "./fleetFolder";
import { ADAPTERS } from "./sessions";
import type { Outcome, Story } from "./story";
import { clean, NOW, PASSWORD, seed, unchanged, World, type Minted } from "./world";

const USERS = Array.from({ length: 50 }, (_, index) => `u${String(index + 1).padStart(2, "0")}@example.com`);
/** So many that giving up early shows. */
const MANY = Array.from({ length: 180 }, (_, index) => `m${String(index)}@example.com`);
const SEVENTH = "u07@example.com";
const INSERT = { method: "POST", path: "smimeInfo$" };
const of = (user: string, path: string): string => `/users/${user}/.*${path}`;

for (const adapter of ADAPTERS)
  describe(`a fleet with faults, through the ${adapter} adapter`, () => {
    /** What the plugin adds nothing to: it translates the same core. */
    const inCore = adapter === "dynamic" ? it : () => undefined;
    let world: World;
    let folder: FleetFolder;
    let story: Story;
    let key: Minted;
    before(async () => {
      world = await World.start(adapter);
      key = await mintCheap(world, USERS[0], { emails: [...USERS, ...MANY] }); // one for all of them: minting takes longest
      folder = new FleetFolder();
      folder.write("a.p12", key.bytes);
    });
    after(async () => {
      folder.remove();
      await world.emulator.stop();
    });
    beforeEach(() => begin(USERS));

    function begin(users: readonly string[], knobs = {}): void {
      world.emulator.seed(seed(knobs, { users: users.map((email) => ({ email })) }));
      story = world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, PW: PASSWORD } });
      rows(users);
    }
    const rows = (users: readonly string[]): void => void folder.rows(...users.map((user) => `${user},a.p12,env:PW`));
    const up = (): Promise<Outcome> => story.up(folder.program());
    const done = (): string[] => USERS.filter((user) => world.fingerprints(user).length === 1 && world.default(user));
    const errorOf = ({ errors }: Outcome): string => errors["fleet"] ?? "";
    const finished = async (): Promise<void> => {
      world.emulator.clearRequests();
      clean(await up());
      assert.deepEqual(done(), USERS);
      unchanged(await up());
    };

    it("does all others where one mailbox refuses, names it, and then does only that one", async () => {
      world.emulator.fault({
        match: { ...INSERT, path: of(SEVENTH, "smimeInfo$") },
        times: 1000,
        status: 403,
        reason: "forbidden",
      });
      const first = await up();
      assert.match(errorOf(first), /SmimeFleet: 1 row failed, all others are done\. Run pulumi up again/);
      assert.match(errorOf(first), /\nu07@example\.com: .*403/);
      assert.deepEqual(
        done(),
        USERS.filter((user) => user !== SEVENTH),
      );
      assert.deepEqual(
        linesOf(story.outputs("fleet")["failed"]).map(([user]) => user),
        [SEVENTH],
      );
      world.emulator.clearRequests();
      assert.match(errorOf(await up()), /1 row failed/);
      assert.deepEqual(new Set(world.emulator.requests().map(({ subject }) => subject ?? SEVENTH)), new Set([SEVENTH]));
      world.emulator.clearFaults();
      await finished();
      assert.equal(story.outputs("fleet")["failed"], undefined);
    });

    it("finishes it also where a refresh forgot the error, in four requests", async () => {
      world.emulator.fault({
        match: { ...INSERT, path: of(SEVENTH, "smimeInfo$") },
        times: 1000,
        status: 403,
        reason: "forbidden",
      });
      await up();
      world.emulator.clearFaults();
      clean(await story.refresh());
      assert.deepEqual(clean(await story.preview(folder.program())), { fleet: "update" });
      world.emulator.clearRequests();
      clean(await up());
      assert.deepEqual(world.verbs(), ["token", "list", "insert", "setDefault"]);
      assert.deepEqual(done(), USERS);
    });

    inCore("finds the others' drift where one mailbox cannot be read, and says which was not", async () => {
      clean(await up());
      const gone = "u09@example.com";
      world.emulator.deleteCertificate(gone, gone, world.idOf(key, gone, gone));
      world.emulator.fault({
        match: { method: "GET", path: of(SEVENTH, "smimeInfo") },
        times: 1000,
        status: 403,
        reason: "forbidden",
      });
      const { messages } = await story.refresh();
      const warnings = messages.filter((message) => message.startsWith("warning"));
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /not read, so as it was: u07@example\.com: /);
      world.emulator.clearFaults();
      world.emulator.clearRequests();
      clean(await up());
      assert.deepEqual(world.writes(), ["insert", "setDefault"]);
      assert.deepEqual(done(), USERS);
    });

    inCore("stops early where all are refused for the same reason, says it once, and keeps what it had", async () => {
      begin(MANY);
      const refusal = { error: "unauthorized_client", error_description: "Client is unauthorized." };
      world.emulator.fault({ match: { path: "^/token$" }, times: 10_000, status: 401, body: JSON.stringify(refusal) });
      const error = errorOf(await up());
      assert.ok(world.verbs().length < 200, `${String(world.verbs().length)} requests`);
      assert.match(error, /\d+ rows failed, \d+ mailboxes not begun\. .*no more were/);
      assert.equal(error.split("unauthorized_client").length, 2, error);
      assert.ok(error.split("\n").length <= 3, error);
      world.emulator.clearFaults();
      clean(await up());
      assert.ok(MANY.every((user) => world.default(user) === key.fingerprint));
      world.emulator.fault({ match: { path: "^/token$" }, times: 10_000, status: 401, body: JSON.stringify(refusal) });
      assert.match(errorOf(await story.refresh()), /unauthorized_client/);
      world.emulator.clearFaults();
      unchanged(await up());
    });

    for (const drop of ["before", "after"] as const)
      for (const [what, match] of Object.entries({
        insert: INSERT,
        setDefault: { method: "POST", path: "setDefault$" },
      }))
        inCore(`comes to one certificate each where answers are lost ${drop} Google did the ${what}`, async () => {
          world.emulator.fault({ match, times: 30, drop });
          const first = await up();
          world.emulator.clearFaults();
          for (const user of USERS) assert.ok(world.fingerprints(user).length <= 1);
          if (errorOf(first) === "") unchanged(await up());
          else clean(await up());
          assert.deepEqual(done(), USERS);
        });

    inCore(
      "comes to one certificate each, with no second insert, where the process was killed in the middle",
      async () => {
        let inserts = 0;
        let isDown = false;
        const never = new Promise<never>(() => undefined);
        const { settings } = story;
        const dying: typeof fetch = async (input, init) => {
          if (isDown) return never;
          const response = await fetch(input, init);
          if (init?.method !== "POST" || !(input instanceof Request ? input.url : String(input)).endsWith("/smimeInfo"))
            return response;
          inserts += 1;
          if (inserts < 20) return response;
          isDown = true;
          story.kill();
          return never;
        };
        const killed = world.story({ ...settings, fetch: dying });
        story = killed;
        assert.equal((await up()).errors["the process"], "was killed");
        await new Promise((resolve) => setTimeout(resolve, 200)); // what was sent is carried out
        const before = USERS.filter((user) => world.fingerprints(user).length === 1);
        assert.ok(before.length >= 20 && before.length <= USERS.length);
        story = world.story(settings);
        world.emulator.clearRequests();
        clean(await up());
        assert.equal(world.verbs().filter((verb) => verb === "insert").length, USERS.length - before.length);
        assert.deepEqual(done(), USERS);
        unchanged(await up());
      },
    );

    inCore("fails one row alone whose file changes while it runs", async () => {
      folder.write("b.p12", key.bytes);
      folder.rows(
        `${SEVENTH},b.p12,env:PW`,
        ...USERS.filter((user) => user !== SEVENTH).map((user) => `${user},a.p12,env:PW`),
      );
      const program = folder.program();
      story = world.story({
        ...story.settings,
        fetch: (input, init) => {
          folder.write("b.p12", "another");
          return fetch(input, init);
        },
      });
      const error = errorOf(await story.up(program));
      assert.match(error, /1 row failed.*\nu07@example\.com: pkcs12: the file changed while Pulumi ran/);
      assert.deepEqual(
        done(),
        USERS.filter((user) => user !== SEVENTH),
      );
    });

    it("goes on with the others where a delete fails, in a row's end and in the fleet's", async () => {
      clean(await up());
      rows(USERS.slice(0, 40));
      const fault = {
        match: { method: "DELETE", path: of("u4[56]@example.com", "smimeInfo/") },
        times: 1000,
        status: 403,
        reason: "forbidden",
      };
      world.emulator.fault(fault);
      const program = folder.program({ maxDeletes: 10 });
      const failed = await story.up(program);
      assert.match(errorOf(failed), /2 rows failed, all others are done/);
      assert.equal(done().length, 42);
      world.emulator.clearFaults();
      world.emulator.clearRequests();
      clean(await story.up(program));
      assert.deepEqual(world.writes(), ["delete", "delete"]);
      world.emulator.fault({ ...fault, match: { ...fault.match, path: of("u0[12]@example.com", "smimeInfo/") } });
      assert.match(
        (await story.destroy()).errors["fleet"] ?? "",
        /2 rows failed, all others are done\. Run the same command again/,
      );
      assert.equal(done().length, 2);
      world.emulator.clearFaults();
      clean(await story.destroy());
      assert.deepEqual([done(), story.kept.size], [[], 0]);
    });

    if (adapter === "plugin")
      it("tells how far it has come while it waits for its quota", async () => {
        begin(USERS, { unitsPerMinute: 2000 });
        const { messages } = await up();
        const lines = messages.filter((message) => message.startsWith("status: ") && /mailboxes done/.test(message));
        assert.ok(lines.length > 0, messages.join("\n"));
        assert.match(lines[0] ?? "", /^status: \d+ of 50 mailboxes done, [\d.]+ a second, \d+ (s|min) left$/);
      });
  });
