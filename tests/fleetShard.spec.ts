/** A CSV in parts, for several stacks: every row in exactly one, all rows of a user in the same, and always in the same. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ASKING } from "./asking";
import { readFleet } from "../sdk";
import { World } from "./world";

const USERS = Array.from({ length: 40 }, (_, index) => `user${String(index)}@example.com`);
const folder = fs.mkdtempSync(join(tmpdir(), "google-workspace-mail-shards-"));
const csv = join(folder, "mailboxes.csv");

describe("readFleet of a part", () => {
  before(() => {
    const rows = USERS.flatMap((user, index) => [
      `${user},${String(index)}.p12,`,
      ` ${user.toUpperCase()} ,${String(index)}-old.p12,old`,
    ]);
    fs.writeFileSync(csv, ["user,path,name", ...rows].join("\n"));
    for (const index of USERS.keys()) fs.writeFileSync(join(folder, `${String(index)}.p12`), String(index));
  });
  after(() => {
    fs.rmSync(folder, { recursive: true });
  });

  for (const of of [1, 3, 7])
    it(`has every row once, in ${String(of)} parts, and all rows of a user together`, () => {
      const parts = Array.from({ length: of }, (_, index) => linesOf(readFleet(csv, { shard: index + 1, of }).rows));
      assert.deepEqual(parts.flat().sort(), linesOf(readFleet(csv).rows));
      for (const part of parts) assert.ok(part.length > 0 && part.length % 2 === 0, String(part.length));
      assert.equal(parts.flatMap((part) => [...new Set(part.map(userOf))]).length, USERS.length);
    });

  it("is decided by SHA-256 of the lower-case address, for ever: another rule would move users between stacks", () => {
    const expected = USERS.filter((user) => shardOf(user, 3) === 2);
    assert.deepEqual(new Set(linesOf(readFleet(csv, { shard: 2, of: 3 }).rows).map(userOf)), new Set(expected));
    const written = "user,path\nalice@example.com,a\nbob@example.com,b\ncarol@example.com,c\ndave@example.com,d\n";
    fs.writeFileSync(join(folder, "four.csv"), written);
    const thirds = [1, 2, 3].map((shard) => readFleet(join(folder, "four.csv"), { shard, of: 3 }).rows);
    assert.deepEqual(
      thirds.map((rows) => linesOf(rows).map(userOf)),
      THIRDS,
    );
  });

  it("reads no other part's key files: of 100,000 files each of ten stacks would read all", () => {
    const opened: string[] = [];
    const original = fs.openSync;
    fs.openSync = (path, ...rest) => {
      opened.push(String(path));
      return original(path, ...rest);
    };
    const { rows } = readFleet(csv, { shard: 1, of: 3 });
    fs.openSync = original;
    const files = linesOf(rows).map((row) => join(folder, row.split("\t")[3] ?? ""));
    assert.ok(files.length < USERS.length);
    assert.deepEqual(opened.sort(), [csv, ...files].sort());
  });

  it("refuses a part that there is not", () => {
    for (const part of [0, 4, 1.5, NaN].map((shard) => ({ shard, of: 3 })))
      assert.throws(() => readFleet(csv, part), /there is no shard .* of 3\. Write whole numbers/);
    assert.throws(() => readFleet(csv, { shard: 1, of: 10_001 }), /of up to 10000/);
  });

  for (const [way, ask] of Object.entries(ASKING))
    it(`is a function's as well, asked by the ${way}`, async () => {
      const world = await World.start();
      try {
        const { rows } = await ask(world, "readFleet", { csv, shard: 2, of: 3 });
        assert.equal(rows, readFleet(csv, { shard: 2, of: 3 }).rows);
        await assert.rejects(ask(world, "readFleet", { csv, shard: 2 }), /shard and of belong together/);
        await assert.rejects(ask(world, "readFleet", { csv, shard: 4, of: 3 }), /no shard 4 of 3/);
        assert.deepEqual(world.verbs(), []);
      } finally {
        await world.emulator.stop();
      }
    });
});

/** Computed once with Python's hashlib. */
const THIRDS = [["carol@example.com"], ["dave@example.com"], ["alice@example.com", "bob@example.com"]];

const linesOf = (rows: string): string[] => (rows === "" ? [] : rows.replace(/\n$/, "").split("\n"));
const userOf = (row: string): string => row.split("\t")[0] ?? "";

/** Of 48 bits, as another implementation would write it. */
function shardOf(user: string, of: number): number {
  const hex = createHash("sha256").update(user).digest("hex");
  return Number(BigInt(`0x${hex.slice(0, 12)}`) % BigInt(of)) + 1;
}
