/** Who may import whom (DESIGN.md, "The house"), and one door for each library. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize, relative, resolve } from "node:path";

const ROOT = resolve(__dirname, "..");

interface Import {
  readonly from: string;
  /** A file of this project, or a library's name. */
  readonly to: string;
  readonly library: boolean;
}

function importsBelow(folder: string): Import[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).flatMap((file) => importsOf(join(folder, file)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const names = [...text.matchAll(/(?:from|import\(|^import) ?"([^"]+)"/gm)].map((match) => match[1] ?? "");
  return names
    .filter((name) => !name.startsWith("node:"))
    .map((name) => {
      const library = !name.startsWith(".");
      return { from: file, library, to: library ? libraryName(name) : normalize(join(dirname(file), name)) };
    });
}

const libraryName = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");

/** What a file or folder of provider/ may import from the project. */
const MAY: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^provider\/(index|plugin)\.ts$/, /^provider\/(adapters\/\w+|machine)$/],
  [/^provider\/(fields|mailKeyError|version)\.ts$/, /^$/],
  [/^provider\/list\.ts$/, /^provider\/fields$/],
  [/^provider\/lifecycle\.ts$/, /^provider\/(fields|list|mailKeyError)$/],
  [/^provider\/invoke\.ts$/, /^provider\/(fields|lifecycle)$/],
  [/^provider\/machine\.ts$/, /^provider\/config$/],
  [
    /^provider\/config\.ts$/,
    /^provider\/(google\/\w+|lifecycle|mailKeyError|resources\/(services|openedFiles)|\w*[sS]ettings)$/,
  ],
  [/^provider\/settings\.ts$/, /^$/],
  [/^provider\/credentialSettings\.ts$/, /^provider\/(settings|google\/credential(s|File)|mailKeyError)$/],
  [
    /^provider\/resources\//,
    /^provider\/(resources\/\w+|fleet\/\w+|lifecycle|list|fields|mailKeyError|keys\/\w+|google\/(address|gmail|emailAudit|identity|sendAs))$/,
  ],
  [
    /^provider\/fleet\//,
    /^provider\/(fleet\/\w+|resources\/\w+|lifecycle|fields|mailKeyError|keys\/\w+|google\/(address|gmail))$/,
  ],
  [
    /^provider\/functions\//,
    /^provider\/(functions\/\w+|fleet\/csv|invoke|fields|mailKeyError|keys\/\w+|resources\/\w+)$/,
  ],
  [/^provider\/google\//, /^provider\/(google\/\w+|mailKeyError)$/],
  [/^provider\/keys\//, /^provider\/(keys\/\w+|mailKeyError)$/],
  [
    /^provider\/adapters\//,
    /^provider\/(adapters\/\w+|lifecycle|invoke|functions|fields|mailKeyError|config|settings|version|resources|resources\/services)$/,
  ],
];

/** Beside each other, what the commands may import. */
const COMMANDS_MAY =
  /^(commands\/[\w/]+|provider\/(config|machine|lifecycle|invoke|list|fields|mailKeyError|functions\/getCallerIdentity|fleet\/(held|leaves|rows|told)|google\/(observer|jsonObject)|keys\/certificate|resources|resources\/(address|observed|services)))$/;

describe("the arrows of the house", () => {
  const provider = importsBelow("provider");

  it("lets each part of provider/ import only what the design names", () => {
    const wrong = provider.filter(
      ({ from, to, library }) => !library && !MAY.some(([a, b]) => a.test(from) && b.test(to)),
    );
    assert.deepEqual(wrong, []);
    assert.ok(provider.length > 50, "the imports were found");
  });

  it("imports each library through one door, and Pulumi only in the adapters", () => {
    const doors = new Map<string, Set<string>>();
    // its own name stands in the programs of the schema's examples only
    for (const { from, to } of provider.filter((entry) => entry.library && entry.to !== "pulumi-google-workspace-mail"))
      doors.set(to, (doors.get(to) ?? new Set()).add(from));
    const several = [...doors].filter(([name, files]) => name !== "@pulumi/pulumi" && files.size > 1);
    assert.deepEqual(several, []);
    assert.deepEqual(
      [...(doors.get("@pulumi/pulumi") ?? [])].filter((file) => !file.startsWith("provider/adapters/")),
      [],
    );
    assert.deepEqual(
      [...doors.keys()].filter((name) => builtinModules.includes(name)),
      [],
    );
  });

  it("lets the resources see only the types of Google's clients", () => {
    const lines = readdirSync(join(ROOT, "provider/resources"))
      .flatMap((file) => readFileSync(join(ROOT, "provider/resources", file), "utf8").split("\n"))
      .filter((line) => line.includes('from "../google/'));
    assert.deepEqual(
      lines.filter((line) => !line.startsWith("import type")),
      [],
    );
  });

  it("keeps the emulator free of the provider's code", () => {
    const wrong = importsBelow("tests/emulator").filter(
      ({ to, library }) => !library && !to.startsWith("tests/emulator/"),
    );
    assert.deepEqual(wrong, []);
  });

  it("keeps what a program imports free of the provider's clients, but for the types of what the functions load", () => {
    const wrong = importsBelow("sdk").filter(
      ({ from, to, library }) =>
        !library &&
        !/^(sdk|provider\/(fields|resources))(\/|$)/.test(to) &&
        !(from === "sdk/functions.ts" && /^provider(\/functions)?$/.test(to)) &&
        !(from === "sdk/readFleet.ts" && to === "provider/fleet/csv"),
    );
    assert.deepEqual(wrong, []);
  });

  it("keeps the policy pack a package of its own, with one door to Pulumi's policies and one to its values", () => {
    const imports = importsBelow("policy").filter(({ from }) => !from.includes("node_modules"));
    const doors = imports.filter(({ library }) => library).map(({ from, to }) => `${to} in ${from}`);
    assert.deepEqual(doors.sort(), [
      "@pulumi/policy in policy/pack.ts",
      "@pulumi/policy in policy/values.ts",
      "@pulumi/pulumi in policy/values.ts",
    ]);
    assert.deepEqual(
      imports.filter(({ library, to }) => !library && !to.startsWith("policy/")),
      [],
    );
  });

  it("loads none of the clients for a program that calls no function", () => {
    const loaded = loadedBy("sdk");
    const client = /^provider\/(index|config|invoke|adapters|functions|google)\b/;
    assert.deepEqual(
      loaded.filter((file) => client.test(file) || LAZY.some((name) => file.startsWith(`node_modules/${name}/`))),
      [],
    );
    assert.ok(loaded.some((file) => file === "sdk/functions.ts"));
    assert.ok(loadedBy("provider").some((file) => client.test(file)));
  });

  it("lets the commands see the core, the settings and the registry", () => {
    const commands = importsBelow("commands").filter(({ library }) => !library);
    assert.deepEqual(
      commands.filter(({ to }) => !COMMANDS_MAY.test(to)),
      [],
    );
    assert.ok(commands.length > 10, "the imports were found");
  });
});

/** The libraries that are loaded when they are first used. */
const LAZY = ["@googleapis/gmail", "csv-parse", "fast-xml-parser", "node-forge", "openpgp", "pkijs"];

/** The files that stand in memory once `folder` has been loaded, in a process of its own. */
function loadedBy(folder: string): string[] {
  const program = `require("./${folder}"); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", program], {
    cwd: ROOT,
    encoding: "utf8",
  });
  assert.notEqual(stdout, "", stderr);
  return (JSON.parse(stdout) as string[]).map((file) => relative(ROOT, file));
}
