// The report's parts: what it counts, in which order rows stand, the time axis, and that no text of others becomes markup.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { AddressEntry, Inventory } from "../commands/inventory/inventory";
import { axisOf } from "../commands/report/axis";
import { htmlOf } from "../commands/report/html";
import { markdownOf } from "../commands/report/markdown";
import { reportOf, type Report } from "../commands/report/report";
import { rowsOf } from "../commands/report/rows";
import { runCommand } from "./commandRun";
import { HOSTILE, hostile, inventory } from "./reportInventory";
import { World } from "./world";

const report = (of: Inventory, failures: string[] = []): Report => reportOf(of, { renewBeforeDays: 30, failures });

describe("a report", () => {
  it("counts what its findings say, and not what may lapse", () => {
    assert.deepEqual(report(inventory(10)).counts, {
      ...{ mailboxes: 10, addresses: 10, certificates: 13, auditKeys: 1 },
      ...{ expired: 1, due: 1, missing: 1, unmanaged: 2 },
      ...{ errors: 4, warnings: 3, notes: 0 },
    });
  });

  it("has what ended or is broken first, then what is due, then every row by its next end", () => {
    const rows = rowsOf(report(inventory(10)));
    assert.deepEqual(
      rows.map(({ address, states }) => `${address.sendAsEmail.split("@")[0] ?? ""}: ${states.join(", ")}`),
      [
        "bob: expired",
        "grace: defaultMoved, unmanaged, valid",
        "frank: missing",
        "ivan: notSeen",
        "carol: due",
        "alice: valid",
        "heidi: notYetValid, valid",
        "sales-judy: valid",
        "erin: unmanaged, valid",
        "dora: valid, kept",
      ],
    );
  });

  it("says of an address that a failed look never came to that nobody looked", () => {
    const { seen: _seen, ...unseen } = inventory(1).addresses[0] as AddressEntry & { seen: string };
    const one = report({ ...inventory(1), addresses: [unseen] });
    assert.deepEqual(rowsOf(one)[0]?.states, ["notSeen", "valid"]);
    assert.deepEqual(rowsOf({ ...one, live: false })[0]?.states, ["valid"]);
  });

  it("has an axis of whole months that holds today and no year 9999", () => {
    const [address] = inventory(1).addresses;
    const [certificate] = address?.certificates ?? [];
    assert.ok(address && certificate);
    const wide = { ...certificate, notBefore: "1950-01-01T00:00:00Z", expiration: "9999-12-31T23:59:59Z" };
    for (const now of ["2026-11-22T00:00:00Z", "2028-02-29T23:59:59Z"])
      for (const certificates of [[], [certificate], [wide]]) {
        const { ticks, today, place } = axisOf({ now, addresses: [{ ...address, certificates }] });
        assert.ok(today > 0 && today < 100, String(today));
        assert.ok(ticks.length >= 3 && ticks.length <= 10, ticks.map(({ label }) => label).join());
        assert.deepEqual([place(Date.parse(wide.notBefore)), place(Date.parse(wide.expiration))], [0, 100]);
        assert.ok(ticks.every(({ label, isYear }) => /^\d{4}$/.test(label) === isYear));
      }
  });

  it("has no markup of others on the page: all there is of it is text", () => {
    const page = htmlOf(report(inventory(1, hostile()), [HOSTILE.script]));
    for (const text of [HOSTILE.script, HOSTILE.quotes, "\u202E"]) assert.ok(!page.includes(text), text);
    assert.ok(page.includes("&lt;script&gt;document.title=&quot;taken&quot;&lt;/script&gt;"));
    assert.ok(page.includes("&quot; onmouseover=&quot;document.title=&#39;taken&#39;&quot; &#39;"));
    assert.ok(page.includes("[U+202E]gro.elpmaxe@nimda"), "a direction mark is shown, and turns nothing");
    assert.equal((page.match(/<script/g) ?? []).length, 1);
  });

  it("loads nothing: no address, no import and no style but its own", () => {
    const page = htmlOf(report(inventory(10)));
    assert.doesNotMatch(page, /\b(src|srcset|action|data|poster)=|url\((?!#)|@import|https?:/);
    assert.deepEqual(page.match(/ href="[^#"][^"]*"/g), [' href="data:,"']);
    assert.match(
      page,
      /content="default-src &#39;none&#39;; style-src &#39;sha256-[\w+/=]+&#39;; script-src &#39;sha256-[\w+/=]+&#39;; /,
    );
    assert.doesNotMatch(page, / style=| on\w+=/);
  });

  it("fits a comment as Markdown, worst first, and says how much it leaves out", () => {
    const whole = markdownOf(report(inventory(10)));
    assert.match(
      whole,
      /\*\*10\*\* mailboxes · \*\*13\*\* certificates · \*\*1\*\* expired · \*\*1\*\* due within 30 days/,
    );
    assert.ok(whole.indexOf("certificate expired") < whole.indexOf("renewal due"));
    assert.doesNotMatch(whole, /room for/);
    const cut = markdownOf(report(inventory(5000)));
    assert.ok(cut.length <= 65_536 && cut.length > 60_000, String(cut.length));
    assert.match(cut, /… and \d+ more lines, which there is no room for here\.\n$/);
    const harmful = markdownOf(report(inventory(1, hostile()), [HOSTILE.script]));
    assert.ok(harmful.includes("<script>"), "in a code span, where nothing is markup");
    assert.ok(!harmful.replace(/`[^`\n]*`/g, "").includes("<script>"));
  });
});

describe("report, on a wrong command line", () => {
  let world: World;
  let folder: string;
  before(async () => {
    world = await World.start();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-report-"));
  });
  after(async () => {
    fs.rmSync(folder, { recursive: true });
    await world.emulator.stop();
  });

  for (const [args, said] of [
    [["--format", "pdf"], /--format pdf: give html, markdown or json\./],
    [["--out", "report.txt"], /ends in none of \.html, \.md and \.json/],
    [["--out", "/nowhere/report.html"], /the file \/nowhere\/report\.html cannot be written/],
    [["--renew-before", "soon"], /--renew-before soon: give whole days/],
    [["--watch"], /Unknown option '--watch'/],
  ] as const)
    it(`says what is wrong: ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await runCommand(world, ["report", ...args]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, said);
    });

  it("leaves no empty page where the stack cannot be read", async () => {
    const out = path.join(folder, "page.html");
    const { code, stderr } = await runCommand(world, ["report", "--cwd", folder, "--out", out], {
      env: { PATH: folder },
    });
    assert.equal(code, 1);
    assert.match(stderr, /The command pulumi cannot be run/);
    assert.ok(!fs.existsSync(out));
  });
});
