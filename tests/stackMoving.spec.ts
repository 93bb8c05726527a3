// Single resources that become rows of a fleet, and back, as the real engine orders them: Google is only ever read, and every
// address goes on signing with what it signed with. Of rows that go from a fleet that stays, the order is the program's.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import { csvOf, keyFile, mailboxesOf, mintForAll, allSignWith, openFleet, type FleetKey } from "./fleetStack";
import { ADAPTERS } from "./sessions";
import { certificateLine, defaultLine, program, STACK_TIMEOUT, steps, throughAdapter } from "./stackMailbox";
import { World } from "./world";

const ENV = "env:MAIL_PASSWORD";

for (const adapter of ADAPTERS)
  describe(`moving between single resources and a fleet on the engine, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    const users = mailboxesOf(3);
    const [first] = users as [string];
    let world: World;
    let stack: Stack;
    let key: FleetKey;

    before(async () => {
      world = await World.start(adapter);
      key = await mintForAll(world, users, "2027-11-01T00:00:00Z");
      stack = await openFleet(world, { users, key, csv: "" });
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });

    const nameOf = (user: string): string => user.replace(/@.*/, "");
    /** A certificate and a default each. A key whose delete were not skipped would be gone: it says to delete. */
    const singles = (...of: string[]): string[] =>
      of.flatMap((user) => {
        const name = nameOf(user);
        return [
          certificateLine(name, { user, file: keyFile(user) }).replace("password }", 'password, onDelete: "delete" }'),
          defaultLine(`${name}Signs`, name, { user }),
        ];
      });
    const fleet = (settings = "", after: readonly string[] = []): string[] => [
      `const rows = readFleet("mailboxes.csv");`,
      `new SmimeFleet("staff", { ...rows, onDelete: "delete", ${settings} }, { dependsOn: [${after.join(", ")}] });`,
    ];

    /** What the engine did, in any order, by an up of these lines. */
    async function up(...lines: string[]): Promise<string[]> {
      const ours = throughAdapter(
        adapter,
        program('import { SmimeFleet } from "pulumi-google-workspace-mail";', ...lines),
      );
      stack.setProgram(`import { readFleet } from "pulumi-google-workspace-mail";\n${ours}`);
      world.emulator.clearRequests();
      return steps(await stack.up()).sort();
    }
    const each = (step: string, of = users): string[] =>
      of.flatMap((user) => [`${step} ${nameOf(user)}`, `${step} ${nameOf(user)}Signs`]);
    const rows = (...of: string[]): void =>
      stack.writeFiles({ "mailboxes.csv": csvOf(of.map((user) => [user, ENV] as const)) });

    it("takes one up from single resources to a fleet, and writes nothing", async () => {
      await up(...singles(...users));
      rows(...users);
      assert.deepEqual(await up(...fleet()), ["create staff", ...each("delete")].sort());
      assert.deepEqual(world.writes(), []);
      allSignWith(world, users, key);
    });

    if (adapter === "dynamic")
      it("takes one up back for some rows, where the fleet depends on the single resources", async () => {
        rows(...users.slice(1));
        const done = await up(...singles(first), ...fleet("maxDeletes: 1", [nameOf(first), `${nameOf(first)}Signs`]));
        assert.deepEqual(done, [...each("create", [first]), "update staff"].sort());
        assert.deepEqual(world.writes(), []);
        allSignWith(world, users, key);
      });
    else
      it("takes one up back for all, without the fleet", async () => {
        assert.deepEqual(await up(...singles(...users)), [...each("create"), "delete staff"].sort());
        assert.deepEqual(world.writes(), []);
        allSignWith(world, users, key);
      });
  });
