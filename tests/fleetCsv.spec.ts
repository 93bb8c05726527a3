/** A CSV as readFleet takes it: what a spreadsheet or a person may write, and what is said where it is none. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readFleet } from "../sdk";
import { ASKING } from "./asking";
import { FleetFolder, linesOf } from "./fleetFolder";
import { ALICE, BOB, SALES, World } from "./world";

/** Stands in cells; no error may show it. */
const CANARY = "hunter2-canary";
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

describe("readFleet", () => {
  const folder = new FleetFolder();
  before(() => {
    folder.write("keys/a.p12", "a");
    folder.write("keys/b.p12", "b");
  });
  after(() => folder.remove());

  /** user, sendAs, name, path, where the password is; without the hash. */
  const rowsOf = (text: string | Uint8Array): string[][] => {
    folder.write("mailboxes.csv", text);
    return linesOf(readFleet(folder.csv).rows).map((row) => row.slice(0, 5));
  };
  const passwordsOf = (text: string | Uint8Array): unknown[] => {
    folder.write("mailboxes.csv", text);
    return Object.values(JSON.parse(readFleet(folder.csv).passwords ?? "{}") as object);
  };
  const refused = (text: string | Uint8Array, message: RegExp): void => {
    folder.write("mailboxes.csv", text);
    assert.throws(
      () => readFleet(folder.csv),
      ({ message: said, stack }: Error) => {
        assert.match(said, message);
        assert.ok(!`${said}${stack ?? ""}`.includes(CANARY), said);
        return true;
      },
    );
  };

  describe("knows the columns", () => {
    const expected = [
      [ALICE, "", "", "keys/a.p12", "env:A"],
      [BOB, "", "", "keys/b.p12", "env:B"],
    ];
    const bare = `${ALICE},keys/a.p12,env:A\n${BOB},keys/b.p12,env:B\n`;
    const written: Record<string, string> = {
      "without a header": bare,
      "with a header": `user,path,password\n${bare}`,
      "with a header in any case": `User,PATH,PassWord\n${bare}`,
      "with a header in quotes": `"user","path","password"\n${bare}`,
      "with a header of some columns, in any order": `password,path,user\nenv:A,keys/a.p12,${ALICE}\nenv:B,keys/b.p12,${BOB}\n`,
      "with a header of all, spelled as people do": `User, Path,password,Send As,name,password_file\n${ALICE},keys/a.p12,env:A,,,\n${BOB},keys/b.p12,env:B\n`,
      "without a newline at the end": bare.trimEnd(),
      "with CRLF": bare.replaceAll("\n", "\r\n"),
      "with CR alone": bare.replaceAll("\n", "\r"),
      "with LF in the first line and CRLF in the others": bare.replace("\n", "\n\n").replace(/\n$/, "\r\n\r\n"),
      "with a byte order mark": `\ufeff${bare}`,
      "with a byte order mark and a quoted header": `\ufeff"user","path","password"\r\n${bare}`,
      "with empty lines": `\n\n${bare.replace("\n", "\n\n\n")}\n\n`,
      "with the empty rows that spreadsheets leave": `${bare},,\n , ,\n`,
      "with everything in quotes": bare.replaceAll(/[^,\n]+/g, '"$&"'),
      "with spaces around all but the password": `  ${ALICE} , keys/a.p12 ,env:A\n\t${BOB},keys/b.p12,env:B`,
      "with addresses in capitals": bare.replace(ALICE, ALICE.toUpperCase()),
    };
    for (const [how, text] of Object.entries(written))
      it(how, () => {
        assert.deepEqual(rowsOf(text), expected);
      });

    it("as rows where the first line only looks like a header", () => {
      assert.deepEqual(rowsOf("name,password\n"), [["name", "", "", "password", ""]]);
    });

    it("all six of them", () => {
      const header = "passwordFile,name,sendAs,password,path,user";
      assert.deepEqual(rowsOf(`${header}\npw.txt,2027,${SALES},,keys/a.p12,${ALICE}\n`), [
        [ALICE, SALES, "2027", "keys/a.p12", "file:pw.txt"],
      ]);
    });
  });

  it("reads nothing but a header, and nothing at all, as no rows", () => {
    for (const text of ["", "\n", "\ufeff", "user,path,password", "user,path\r\n\r\n"])
      assert.deepEqual(rowsOf(text), []);
  });

  it("keeps a password as it is written", () => {
    const passwords = [
      " two  words ",
      "with, comma",
      'a "quoted" one',
      "two\nlines",
      "two\r\nlines",
      "\ttab\t",
      "pässwörd-日本",
    ];
    const lines = passwords.map((each, index) => `u${String(index)}@example.com,a.p12,"${each.replaceAll('"', '""')}"`);
    for (const end of ["\n", "\r\n"]) assert.deepEqual(passwordsOf(lines.join(end)), passwords);
    assert.deepEqual(passwordsOf(`${ALICE},a.p12, two words \r\n`), [" two words "], "without quotes too");
    const [composed, decomposed] = ["\u00e9", "e\u0301"];
    assert.deepEqual(passwordsOf(`${ALICE},a.p12,${composed}\n${BOB},a.p12,${decomposed}`), [composed, decomposed]);
  });

  it("puts passwords nowhere but into `passwords`", () => {
    folder.rows(`${ALICE},keys/a.p12,${CANARY}`);
    const { passwords, ...rest } = readFleet(folder.csv);
    assert.ok(passwords?.includes(CANARY));
    assert.ok(!JSON.stringify(rest).includes(CANARY));
  });

  it("says where a password is: in the environment, in a file, in the CSV, nowhere, or in two places", () => {
    const lines = ["env:A,", " env:B ,", ",pw.txt", `${CANARY},`, ",", "env:A,pw.txt"];
    const text = lines.map((line, index) => `u${String(index)}@example.com,a.p12,${line}`).join("\n");
    assert.deepEqual(
      rowsOf(`user,path,password,passwordFile\n${text}`).map((row) => row[4]),
      ["env:A", "env:B", "file:pw.txt", "given", "", "both"],
    );
  });

  it("finds files as their names are spelled, composed or decomposed, and takes names of rows as the same", () => {
    for (const name of ["keys/\u00e9.p12", "keys/e\u0301.p12"]) {
      folder.write(name, name);
      folder.rows(`${ALICE},${name},env:A`);
      assert.equal(linesOf(readFleet(folder.csv).rows)[0]?.[5], hashOf(name));
    }
    const named = (name: string): unknown => rowsOf(`user,path,name\n${ALICE},a.p12,${name}`)[0]?.[2];
    assert.equal(named("e\u0301t\u00e9"), named("\u00e9te\u0301"));
  });

  it("is the same text whatever the order of the rows, and another where a file is", () => {
    const lines = [`${ALICE},keys/a.p12,env:A`, `${BOB},keys/b.p12,env:B`, `${ALICE},keys/b.p12,x,${SALES}`];
    const first = readFleet(folder.rows(...lines).csv);
    assert.deepEqual(readFleet(folder.rows(...[...lines].reverse()).csv), first);
    folder.write("keys/b.p12", "other");
    assert.notDeepEqual(readFleet(folder.csv), first);
    folder.write("keys/b.p12", "b");
    assert.deepEqual(readFleet(folder.csv), first);
  });

  it("hashes a file that was moved to the same", () => {
    const hash = (path: string): unknown => linesOf(readFleet(folder.rows(`${ALICE},${path},env:A`).csv).rows)[0]?.[5];
    folder.write("keys/c.p12", "c");
    const before = hash("keys/c.p12");
    renameSync(join(folder.path, "keys/c.p12"), join(folder.path, "d.p12"));
    assert.deepEqual([hash("d.p12"), hash("keys/c.p12"), before], [before, "", hashOf("c")]);
  });

  it("names the CSV by its path without detours", () => {
    const here = process.cwd();
    try {
      process.chdir(folder.path);
      folder.rows(`${ALICE},a.p12,env:A`);
      mkdirSync("x", { recursive: true });
      writeFileSync("x/fleet.csv", "");
      for (const csv of ["x/fleet.csv", "./x/fleet.csv", "x/../x/fleet.csv"])
        assert.equal(readFleet(csv).csv, "x/fleet.csv", csv);
      process.chdir("x");
      assert.equal(readFleet("../mailboxes.csv").csv, "../mailboxes.csv");
      assert.equal(readFleet(folder.csv).csv, folder.csv);
    } finally {
      process.chdir(here);
    }
    assert.equal(linesOf(readFleet(relative(here, folder.csv)).rows).length, 1);
  });

  describe("refuses, naming the line as an editor counts it,", () => {
    const rows = `${ALICE},keys/a.p12,${CANARY}\n`;
    it("a row with too many values", () => {
      refused(`${rows}${BOB},keys/b.p12,${CANARY},,,,${CANARY}\n`, /mailboxes\.csv, line 2: .* 7 values for 6 columns/);
      refused(`user,path,password\n\n${BOB},b.p12,${CANARY},y\n`, /line 3: .* 4 values for 3 columns. Quote/);
      refused(`user,path\n${ALICE},"a\r\nb\r\n",x\n${BOB},b,c,d`, /line 4: .*\n.*line 5: .* 4 values for 2 columns/);
    });
    it("a row with too few, but only where something is missing", () => {
      const expected = [[ALICE, "", "", "", ""]];
      assert.deepEqual(rowsOf(`user,path\n${ALICE}\n`), expected, "Check says what is missing, with the others");
    });
    it("a quote that is not closed, or in the middle", () => {
      refused(`${rows}\n\n${BOB},"${CANARY}\n${rows}`, /line 4: a quote is not closed/);
      refused(`${rows}${BOB},keys/b.p12,"${CANARY}"x\n`, /line 2: a quote/);
      refused(`${ALICE},"a\r\n\r\nb",x\r\n${BOB},keys/b.p12,x"${CANARY}"\r\n`, /line 4: a quote/);
      refused(`\ufeff${rows}"${CANARY}`, /line 2: a quote/);
    });
    it("a header with columns unknown, twice or missing", () => {
      refused(`user,path,${CANARY}\n`, /line 1: in the header column 3 is none that a fleet knows. It takes user/);
      refused(`\nUser,user,password\n`, /line 2: in the header path is missing, user is there twice/);
      refused(`${CANARY},path\n`, /line 1: in the header column 1 is none that a fleet knows, user is missing/);
    });
    it("other separators", () => {
      refused(`user;path;password\n${ALICE};a.p12;${CANARY}`, /line 1: .* between commas/);
      refused(`${ALICE}\ta.p12\t${CANARY}\n`, /line 1: .* between commas/);
    });
    it("another encoding than UTF-8", () => {
      refused(Buffer.from(`${ALICE},a.p12,p\u00e4${CANARY}`, "latin1"), /is not in UTF-8/);
      refused(Buffer.from(`\ufeff${ALICE},a.p12,${CANARY}`, "utf16le"), /is not in UTF-8/);
    });
  });

  it("refuses a CSV that is too large, a folder, a pipe, and none", () => {
    const large = folder.write("large.csv", "");
    const file = openSync(large, "w");
    ftruncateSync(file, 16 * 2 ** 20 + 1);
    closeSync(file);
    assert.throws(() => readFleet(large), /large\.csv is larger than 16 MiB\./);
    assert.throws(() => readFleet(folder.path), /is no regular file but a folder, a pipe or a device\./);
    assert.equal(spawnSync("mkfifo", [join(folder.path, "fifo.csv")]).status, 0);
    assert.throws(() => readFleet(join(folder.path, "fifo.csv")), /is no regular file/);
    assert.throws(
      () => readFleet(join(folder.path, "none.csv")),
      /none\.csv cannot be read\. .* relative to the Pulumi/,
    );
    symlinkSync("loop.csv", join(folder.path, "loop.csv"));
    assert.throws(() => readFleet(join(folder.path, "loop.csv")), /cannot be read/);
  });

  for (const [way, ask] of Object.entries(ASKING))
    it(`answers the same as a function, asked by the ${way}; through the plugin the passwords are secret`, async () => {
      const world = await World.start();
      try {
        folder.rows("password,user,path", `${CANARY},${ALICE},keys/a.p12`, `env:B,${BOB},keys/b.p12`);
        const expected = readFleet(folder.csv);
        const { passwords } = expected;
        const answer = await ask(world, "readFleet", { csv: folder.csv });
        const secret = way === "plugin" ? { ...SECRET, value: passwords } : passwords;
        assert.deepEqual(answer, { ...expected, passwords: secret });
        folder.rows(`${BOB},keys/b.p12,env:B`);
        // a program in YAML names it in any case, and one secret would make its rows secret too
        const empty = { ...readFleet(folder.csv), passwords: "{}" };
        assert.deepEqual(await ask(world, "readFleet", { csv: folder.csv }), empty);
        folder.rows(`${ALICE},a.p12,"${CANARY}`);
        await assert.rejects(ask(world, "readFleet", { csv: folder.csv }), ({ message }: Error) => {
          assert.match(message, /mailboxes\.csv, line 1: a quote is not closed/);
          return !message.includes(CANARY);
        });
        await assert.rejects(ask(world, "readFleet", { csv: join(folder.path, "none.csv") }), /cannot be read/);
        assert.deepEqual(world.verbs(), [], "Google is not asked");
      } finally {
        await world.emulator.stop();
      }
    });
});

const hashOf = (content: string): string => createHash("sha256").update(content).digest("base64url");
