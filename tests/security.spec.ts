/** SECURITY.md cannot rot: its versions are package.json's, its limits the sources', its commands and files exist. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as semver from "semver";
import { settingsFields } from "../provider/settings";
import { codes, Page, ROOT, tableRows } from "./markdown";

const page = new Page("SECURITY.md");
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), "utf8"));
const manifest = readJson("package.json") as {
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
  files: string[];
};

describe("SECURITY.md", () => {
  const dependencies = tableRows(page.section("## Dependencies"), "package").map((row) => {
    const [name = "", asked = "", safe = "", why = ""] = row;
    return { name: name.replaceAll("`", ""), asked, safe, why };
  });

  it("names every dependency as package.json asks for it, and no other", () => {
    assert.deepEqual(Object.fromEntries(dependencies.map(({ name, asked }) => [name, asked])), manifest.dependencies);
    for (const { name, why } of dependencies) assert.ok(why.length > 0, name);
  });

  it("asks for no version that is older than the oldest safe one, and the lock holds none", () => {
    const { packages } = readJson("package-lock.json") as { packages: Record<string, { version?: string }> };
    for (const { name, asked, safe } of dependencies) {
      assert.ok(semver.gte(semver.minVersion(asked) ?? "0.0.0", safe), `${name} ${asked}`);
      const locked = Object.entries(packages).filter(([where]) => where.endsWith(`node_modules/${name}`));
      assert.ok(locked.length > 0, name);
      for (const [where, { version = "" }] of locked) assert.ok(semver.gte(version, safe), `${where} ${version}`);
    }
  });

  it("gives the limits that the sources have", () => {
    const rows = tableRows(page.section("## Limits"), "what");
    assert.ok(rows.length > 8);
    for (const [, limit = "", constant = "", where = ""] of rows) {
      const source = readFileSync(join(ROOT, where.replaceAll("`", "")), "utf8");
      const name = constant.replaceAll("`", "");
      const [, written = ""] = new RegExp(`^(?:export )?const ${name} = ([\\d_ *]+);`, "m").exec(source) ?? [];
      assert.equal(valueOf(limit), product(written), `${name} in ${where} is ${written}`);
    }
  });

  it("names every secret setting in the table of what is stored where", () => {
    const named = codes(page.section("## What is stored where"));
    const secret = Object.entries(settingsFields).flatMap(([name, row]) => (row.secret ? [name] : []));
    assert.ok(secret.length > 2);
    assert.deepEqual(
      secret.filter((name) => !named.includes(name)),
      [],
    );
  });

  it("names what of the environment no executable gets, as the source has it", () => {
    const source = readFileSync(join(ROOT, "provider/google/subjectExecutable.ts"), "utf8");
    const [, prefixes = ""] = /^const SECRETS = \/\^\(([A-Z_|]+)\)\/i;$/m.exec(source) ?? [];
    const bullet = page.text.split("\n- ").find((text) => text.startsWith("**A credential file**")) ?? "";
    assert.deepEqual(
      codes(bullet).filter((code) => code.endsWith("*")),
      prefixes.split("|").map((prefix) => `${prefix}*`),
    );
  });

  it("names commands and files that exist, is short, and is where people look for it", () => {
    const commands = [...page.text.matchAll(/`npm run ([\w:]+)/g)].map((match) => match[1] ?? "");
    assert.ok(commands.includes("chaos"));
    assert.deepEqual(
      commands.filter((name) => !(name in manifest.scripts)),
      [],
    );
    const files = codes(page.text).filter((code) => /^(provider|tests)\//.test(code));
    assert.deepEqual(
      files.filter((file) => !existsSync(join(ROOT, file))),
      [],
    );
    assert.ok(page.text.split("\n").length <= 150);
    assert.ok(manifest.files.includes("SECURITY.md"));
    assert.ok(new Page("README.md").links().includes("SECURITY.md"));
  });
});

/** "64 KiB", "5000 ms", "10". */
function valueOf(limit: string): number {
  const [, number = "", unit = ""] = /^(\d+)(?: (\w+))?$/.exec(limit) ?? [];
  return Number(number) * (unit === "MiB" ? 1024 * 1024 : unit === "KiB" ? 1024 : 1);
}

const product = (written: string): number =>
  written
    .split("*")
    .map((factor) => Number(factor.replaceAll("_", "")))
    .reduce((all, factor) => all * factor, 1);
