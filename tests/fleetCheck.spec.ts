/** Check of a fleet: every bad row at once, with the line where it stands; and nothing that is secret in any wrong place. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { readFleet } from "../sdk";
import { FleetFolder, linesOf, mintCheap } from "./fleetFolder";
import { mintPkcs12, type LeafOptions } from "./mint";
import { ADAPTERS } from "./sessions";
import { UNKNOWN, type Outcome, type Story } from "./story";
import { ALICE, BOB, clean, NOW, PASSWORD, SALES, seed, unchanged, World, type Minted } from "./world";

const CANARY = "hunter2-canary";
const ENVIRONMENT = { GOOGLE_WORKSPACE_MAIL_NOW: NOW, PW: PASSWORD, EMPTY: "" };

const reasonsOf = ({ failures }: Outcome): string[] => (failures["fleet"] ?? []).map(({ reason }) => reason);

for (const adapter of ADAPTERS)
  describe(`a fleet's rows in a preview, through the ${adapter} adapter`, () => {
    let world: World;
    let folder: FleetFolder;
    let story: Story;
    let alice: Minted;
    before(async () => {
      world = await World.start(adapter);
      alice = await mintCheap(world);
    });
    after(() => world.emulator.stop());
    beforeEach(() => {
      world.emulator.seed(seed());
      story = world.story({ environment: ENVIRONMENT });
      folder = new FleetFolder();
      folder.write("a.p12", alice.bytes);
    });
    afterEach(() => {
      folder.remove();
      assert.ok(!world.verbs().includes("audit"));
    });

    const mint = async (name: string, email = ALICE, options: Partial<LeafOptions> = {}): Promise<Minted> => {
      const minted = await mintCheap(world, email, options);
      folder.write(name, minted.bytes);
      return minted;
    };

    it("are refused all at once, each by its file and line", async () => {
      await mint("expired.p12", ALICE, { notAfter: new Date("2026-10-01T00:00:00Z") });
      await mint("early.p12", ALICE, { notBefore: new Date("2026-12-01T00:00:00Z") });
      const direct = await mint("direct.p12");
      folder.write("direct.p12", await mintPkcs12(direct, { password: PASSWORD, chainPem: "", iterations: 1 }));
      folder.write("nokey.p12", await mintPkcs12(direct, { password: PASSWORD, privateKeyPem: null, iterations: 1 }));
      folder.write("text.p12", "not a PKCS#12 file");
      folder.write("pw.txt", `${PASSWORD}\n`);
      folder.write("long.txt", "x".repeat(1025));
      truncated(folder.write("large.p12", ""), 64 * 1024 + 1);
      mkdirSync(join(folder.path, "folder.p12"));
      assert.equal(spawnSync("mkfifo", [join(folder.path, "fifo.p12")]).status, 0);
      const other = new FleetFolder();
      other.write("out.p12", alice.bytes);
      symlinkSync(join(other.path, "out.p12"), join(folder.path, "link.p12"));
      symlinkSync(other.path, join(folder.path, "linked"));
      const u = (number: number): string => `u${String(number)}@example.com`;
      const rows: [row: string, expected: RegExp][] = [
        [`not an address,a.p12,env:PW,`, /what is no address.*\): userId is not an e-mail address/],
        [`,a.p12,env:PW,`, /: the row names no user\. Write the mailbox's address\./],
        [`${u(1)},a.p12,env:PW,`, /sendAsEmail: u1@example\.com is not in the certificate, which names alice@example/],
        [`${u(2)},,env:PW,`, /pkcs12: the row names no file/],
        [
          `${u(3)},none.p12,env:PW,`,
          /pkcs12: the file in the column path cannot be read\. Its path is relative to the CSV/,
        ],
        [`${u(4)},../${basename(other.path)}/out.p12,env:PW,`, /column path is outside the CSV's folder/],
        [`${u(5)},${join(other.path, "out.p12")},env:PW,`, /column path is outside the CSV's folder/],
        [`${u(6)},link.p12,env:PW,`, /column path is outside the CSV's folder\. .* a link out of it is not followed/],
        [`${u(7)},linked/out.p12,env:PW,`, /column path is outside the CSV's folder/],
        [`${u(8)},.,env:PW,`, /the file in the column path is outside/],
        [`${u(9)},folder.p12,env:PW,`, /column path is no regular file but a folder, a pipe or a device/],
        [`${u(10)},fifo.p12,env:PW,`, /column path is no regular file/],
        [`${u(11)},large.p12,env:PW,`, /column path is larger than 64 KiB/],
        [`${u(12)},text.p12,env:PW,`, /pkcs12: .*PKCS#12/],
        [`${ALICE},a.p12,${CANARY},`, /password: does not open this PKCS#12 file/],
        [`${SALES},a.p12,,`, /password: /],
        [`${u(13)},a.p12,env:UNSET,`, /password: the environment variable UNSET is not set, or empty\. Set it/],
        [`${u(14)},a.p12,env:EMPTY,`, /the environment variable EMPTY is not set, or empty/],
        [`${u(15)},a.p12,,none.txt`, /password: the file in the column passwordFile cannot be read/],
        [`${u(16)},a.p12,,long.txt`, /password: the file in the column passwordFile is larger than 1 KiB/],
        [`${u(17)},a.p12,env:PW,pw.txt`, /password: the row has a password and a passwordFile\. Write env:NAME/],
        [`${u(18)},none.p12,env:UNSET,`, /the file in the column path cannot be read/],
        [`${u(18)}x,none.p12,env:UNSET,`, /the environment variable UNSET is not set/],
        [`expired@example.com,expired.p12,,pw.txt`, /certificate: expired at 2026-10-01T00:00:00Z\. Renew it/],
        [`early@example.com,early.p12,env:PW,`, /certificate: is not valid before 2026-12-01T00:00:00Z/],
        [`direct@example.com,direct.p12,env:PW,`, /chain: does not hold the intermediate that issued/],
        [`nokey@example.com,nokey.p12,env:PW,`, /pkcs12: .*key/],
        [`${BOB},a.p12,env:PW,`, /another row is for this address too\. Give each a name of its own/],
        [`${BOB},text.p12,env:PW,`, /another row is for this address too/],
      ];
      folder.rows("user,path,password,passwordFile", "", ...rows.map(([row]) => row));
      const outcome = await story.preview(folder.program());
      const reasons = reasonsOf(outcome);
      rows.forEach(([row, expected], index) => {
        const line = `${folder.csv}, line ${String(index + 3)} (`;
        const told = reasons.filter((reason) => reason.startsWith(line));
        assert.ok(
          told.some((reason) => expected.test(reason)),
          `${row}: ${told.join("\n")}`,
        );
      });
      assert.ok(reasons.every((reason) => reason.startsWith(`${folder.csv}, line `)));
      assert.ok(!JSON.stringify(outcome).includes(CANARY));
      assert.deepEqual([world.verbs(), story.kept.size], [[], 0]);
      other.remove();
    });

    it("are taken where each is good: from a variable, a file, the CSV, and where a link stays in the folder", async () => {
      folder.write("keys/alice.p12", alice.bytes);
      folder.write("pw.txt", `${PASSWORD}\r\n`);
      await mint("b.p12", BOB);
      await mint("s.p12", SALES);
      symlinkSync("b.p12", join(folder.path, "link.p12"));
      folder.rows(
        "user,path,password,passwordFile,sendAs",
        `${ALICE},keys/../keys/alice.p12,,pw.txt`,
        `${ALICE},s.p12,env:PW,,${SALES}`,
        `${BOB},link.p12,${PASSWORD}`,
      );
      assert.deepEqual(clean(await story.preview(folder.program())), { fleet: "create" });
      assert.deepEqual(world.verbs(), []);
    });

    it("are told by their line also where a folder on the way to the CSV is a link", async () => {
      const linked = `${folder.path}-link`;
      symlinkSync(folder.path, linked);
      folder.rows(`${ALICE},a.p12,env:PW`, `${BOB},none.p12,env:PW`);
      const args = readFleet(join(linked, "mailboxes.csv"));
      const reasons = reasonsOf(await story.preview({ fleet: { token: "SmimeFleet", args: { ...args } } }));
      rmSync(linked);
      assert.deepEqual(reasons.length, 1);
      assert.match(reasons[0] ?? "", /line 2 \(bob@example\.com\): pkcs12: the file in the column path cannot be read/);
    });

    it("are refused where two have the same certificate for an address", async () => {
      const header = "user,path,password,name";
      folder.rows(header, `${ALICE},a.p12,env:PW,one`, `${ALICE},a.p12,env:PW,two`);
      const reasons = reasonsOf(await story.preview(folder.program()));
      assert.deepEqual(reasons.length, 2);
      for (const reason of reasons) assert.match(reason, /line [23] .*: another row has the same certificate/);
      folder.rows(header, `${ALICE},a.p12,env:PW,one`);
      clean(await story.up(folder.program()));
      folder.write("again.p12", await mintPkcs12(alice, { password: PASSWORD, iterations: 2 }));
      folder.rows(header, `${ALICE},a.p12,env:PW,one`, `${ALICE},again.p12,env:PW,two`);
      assert.match(reasonsOf(await story.preview(folder.program())).join("\n"), /line 3 .*the same certificate/);
    });

    it("of 500 bad ones the first hundred are told, and how many there are", async () => {
      folder.rows(...Array.from({ length: 500 }, (_, index) => `u${String(index)}@example.com,none.p12,env:PW`));
      const reasons = reasonsOf(await story.preview(folder.program()));
      assert.deepEqual([reasons.length, reasons[100]], [101, "and 400 more like these."]);
    });

    it("are not looked at while they, their CSV or their passwords are not known", async () => {
      folder.rows(`${ALICE},none.p12,${CANARY}`);
      const args = readFleet(folder.csv);
      for (const unknown of ["rows", "csv", "passwords"]) {
        const program = { fleet: { token: "SmimeFleet", args: { ...args, [unknown]: UNKNOWN } } } as const;
        assert.deepEqual(clean(await story.preview(program)), { fleet: "create" }, unknown);
      }
      folder.rows(`${ALICE},a.p12,env:PW`);
      clean(await story.up(folder.program()));
      const later = folder.program({ maxDeletes: UNKNOWN, renewBeforeDays: UNKNOWN, expiryPolicy: UNKNOWN });
      clean(await story.preview(later));
      const unknown = { fleet: { token: "SmimeFleet", args: { rows: UNKNOWN } } } as const;
      assert.deepEqual(clean(await story.preview(unknown)), { fleet: "update" });
    });

    it("that were not made by readFleet are refused, by the number of their line", async () => {
      const check = async (rows: string): Promise<string[]> =>
        reasonsOf(await story.preview({ fleet: { token: "SmimeFleet", args: { rows } } }));
      const good = linesOf(readFleet(folder.rows(`${ALICE},a.p12,env:PW`).csv).rows)[0] ?? [];
      const hash = good[5] ?? "";
      for (const bad of [
        CANARY,
        `${CANARY}\t\t\t\t`,
        good.concat(CANARY).join("\t"),
        "\t",
        good.join("\t").toUpperCase(),
      ]) {
        const reasons = await check([`${BOB}\t\t\tb.p12\tenv:PW\t`, bad].join("\n"));
        const expected = "line 2 of rows is no row of a fleet. Make rows with readFleet.";
        assert.ok(reasons.includes(expected), `${bad}: ${reasons.join()}`);
        assert.ok(!reasons.join().includes(CANARY));
      }
      assert.match(
        (await check(`${ALICE}\t\t\ta.p12\tenv:PW\t${hash}`)).join(),
        /^line 1 of rows \(alice@example\.com\): .*cannot be read/,
      );
      const where = await check(`${ALICE}\t\t\tpackage.json\t${CANARY}\t`);
      assert.match(where.join("\n"), /line 1 of rows .*the row has no hash/);
      assert.match(where.join("\n"), /it is not known where it is/);
      assert.ok(!where.join().includes(CANARY));
    });

    it("show no secret that stands in a wrong place", async () => {
      const program = (): object => ({ ...folder.program() });
      for (const line of [
        `${CANARY},a.p12,env:PW`,
        `${ALICE},${CANARY},a.p12`,
        `${ALICE},a.p12,env:PW,${CANARY}`,
        `${ALICE},none.p12,env:PW,,${CANARY}`,
        `${ALICE},a.p12,,,,${CANARY}`,
        `${ALICE},a.p12,env:${CANARY}`,
        `${ALICE},a.p12,env:${CANARY},,,${CANARY}`,
        `${CANARY}%40x,a.p12,env:PW`,
      ]) {
        folder.rows(line);
        const outcome = await story.preview(program() as never);
        assert.ok(reasonsOf(outcome).length > 0, line);
        assert.ok(!JSON.stringify(outcome).includes(CANARY), `${line}: ${JSON.stringify(outcome)}`);
      }
    });

    it("are not opened again where hash and password are the same, wherever the file is by now", async () => {
      const named = (name: string): void => void folder.rows(`${ALICE},${name},env:PW`);
      named("a.p12");
      clean(await story.up(folder.program()));
      const known = folder.program();
      rmSync(join(folder.path, "a.p12"));
      unchanged(await story.preview(known));
      folder.write("moved/alice.p12", alice.bytes);
      named("moved/alice.p12");
      const moved = folder.program();
      renameSync(join(folder.path, "moved/alice.p12"), join(folder.path, "elsewhere"));
      unchanged(await story.preview(moved));
      // another password is another reason to open it
      folder.rows(`${ALICE},elsewhere,env:OTHER`);
      assert.match(reasonsOf(await story.preview(folder.program())).join(), /variable OTHER is not set/);
      folder.rows(`${ALICE},elsewhere,${CANARY}`);
      assert.match(reasonsOf(await story.preview(folder.program())).join(), /password: does not open/);
    });

    it("whose file is only encoded anew are no change, and nothing is asked", async () => {
      folder.rows(`${ALICE},a.p12,env:PW`);
      clean(await story.up(folder.program()));
      world.emulator.clearRequests();
      folder.write("a.p12", await mintPkcs12(alice, { password: "another", iterations: 3 }));
      folder.rows(`${ALICE},a.p12,another`);
      unchanged(await story.preview(folder.program()));
      unchanged(await story.up(folder.program()));
      assert.deepEqual(world.verbs(), []);
    });

    describe("that are gone", () => {
      const header = "user,path,password,name,sendAs";
      const rows = [`${ALICE},a.p12,env:PW,`, `${ALICE},second.p12,env:PW,second`, `${BOB},b.p12,env:PW`];
      beforeEach(async () => {
        await mint("second.p12");
        await mint("b.p12", BOB);
        clean(await story.up(folder.rows(header, ...rows).program()));
        world.emulator.clearRequests();
      });
      const lost = async (text: readonly string[], args = {}): Promise<string> =>
        reasonsOf(await story.preview(folder.rows(header, ...text).program(args))).join("\n");

      it("are named, and refused unless maxDeletes allows so many", async () => {
        assert.match(
          await lost(rows.slice(0, 1)),
          /^2 rows are gone, and maxDeletes is 0: alice@example\.com, second; bob@/,
        );
        assert.match(
          await lost(rows.slice(0, 2), { maxDeletes: 0 }),
          /^1 row is gone, and maxDeletes is 0: bob@.* set maxDeletes to 1 /,
        );
        assert.match(await lost([], { maxDeletes: 2 }), /^3 rows are gone, and maxDeletes is 2: /);
        assert.equal(await lost(rows.slice(0, 1), { maxDeletes: 2 }), "");
        assert.equal(await lost([], { maxDeletes: 3 }), "");
        assert.deepEqual(world.verbs(), []);
      });

      it("are refused again and again, and none is deleted meanwhile", async () => {
        for (let run = 0; run < 2; run += 1)
          assert.match(reasonsOf(await story.up(folder.rows(header).program())).join(), /3 rows are gone/);
        clean(await story.refresh());
        assert.match(reasonsOf(await story.up(folder.program())).join(), /3 rows are gone/);
        assert.deepEqual(world.writes(), []);
        clean(await story.up(folder.program({ maxDeletes: 3 })));
        assert.deepEqual([world.fingerprints(), world.fingerprints(BOB)], [[], []]);
      });

      it("are not those that are only called otherwise, encoded anew or not", async () => {
        const [first = "", , last = ""] = rows;
        assert.equal(await lost([first, `${ALICE},second.p12,env:PW,2027`, last]), "");
        folder.write("a2.p12", await mintPkcs12(alice, { password: "another", iterations: 3 }));
        assert.equal(await lost([`${ALICE},a2.p12,another,renamed`, ...rows.slice(1)]), "");
      });

      it("are those of a mailbox, also where another has the address and the file", async () => {
        const both = await mintCheap(world, SALES);
        folder.write("s.p12", both.bytes);
        clean(await story.up(folder.rows(header, ...rows, `${ALICE},s.p12,env:PW,,${SALES}`).program()));
        assert.match(
          await lost([...rows, `${BOB},s.p12,env:PW,,${SALES}`]),
          /1 row is gone, .*: sales@example\.com \(mailbox alice/,
        );
      });
    });

    it("are said by the clock: due, expired, as the policy wants, and one that expired blocks nobody", async () => {
      const environment = { ...ENVIRONMENT };
      story = world.story({ environment });
      const soon = await mint("soon.p12", ALICE, { notAfter: new Date("2027-01-10T00:00:00Z") });
      await mint("b.p12", BOB);
      folder.rows(`${ALICE},soon.p12,env:PW`);
      clean(await story.up(folder.program({ renewBeforeDays: 30 })));
      const said = async (args = {}): Promise<string> =>
        (await story.preview(folder.program(args))).messages.join("\n");
      assert.equal(await said({ renewBeforeDays: 30 }), "");
      environment.GOOGLE_WORKSPACE_MAIL_NOW = "2026-12-12T00:00:00Z";
      assert.match(
        await said({ renewBeforeDays: 30 }),
        /line 1 \(alice@example\.com\): certificate: expires at 2027-01-10T00:00:00Z and was due for renewal at 2026-12-11/,
      );
      assert.equal(await said(), "", "no days, no warning");
      assert.equal(await said({ renewBeforeDays: 30, expiryPolicy: "ignore" }), "");
      const strict = { renewBeforeDays: 30, expiryPolicy: "error" };
      assert.match(reasonsOf(await story.preview(folder.program(strict))).join(), /was due for renewal/);
      environment.GOOGLE_WORKSPACE_MAIL_NOW = "2027-02-01T00:00:00Z";
      unchanged(await story.preview(folder.program()));
      assert.match(await said(), /warning: SmimeFleet: .*certificate: expired at 2027-01-10/);
      world.emulator.setClock("2027-02-01T00:00:00Z");
      folder.rows(`${ALICE},soon.p12,env:PW`, `${BOB},b.p12,env:PW`);
      clean(await story.up(folder.program()));
      assert.equal(world.fingerprints(BOB).length, 1, "the others go on");
      assert.deepEqual(world.fingerprints(), [soon.fingerprint]);
      unchanged(await story.up(folder.program()));
      assert.match(reasonsOf(await story.preview(folder.program({ expiryPolicy: "error" }))).join(), /expired at/);
    });

    it("let an older one of the address lapse in silence: the address signs with another", async () => {
      const environment = { ...ENVIRONMENT };
      story = world.story({ environment });
      const rows = ["user,path,password,name", `${ALICE},old.p12,env:PW,2026`, `${ALICE},new.p12,env:PW,2027`];
      await mint("old.p12", ALICE, { notAfter: new Date("2027-01-10T00:00:00Z") });
      await mint("new.p12", ALICE, { notAfter: new Date("2028-01-10T00:00:00Z") });
      folder.rows(...rows);
      clean(await story.up(folder.program()));
      environment.GOOGLE_WORKSPACE_MAIL_NOW = "2027-02-01T00:00:00Z";
      const strict = folder.program({ renewBeforeDays: 30, expiryPolicy: "error" });
      assert.deepEqual((await story.preview(strict)).messages, []);
      environment.GOOGLE_WORKSPACE_MAIL_NOW = "2028-01-01T00:00:00Z";
      assert.match(
        reasonsOf(await story.preview(strict)).join(),
        /^[^:]*line 3 [^:]*: certificate: expires at 2028-01-10/,
      );
    });
  });

function truncated(path: string, length: number): void {
  const file = openSync(path, "w");
  ftruncateSync(file, length);
  closeSync(file);
}
