/** The README and the examples' READMEs cannot rot: programs are run, commands checked, tables compared with the rows. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { settingsFields } from "../provider/settings";
import type { Field, Fields } from "../provider/fields";
import { functions } from "../provider/functions";
import { resources, type Token } from "../provider/resources";
import { codes, Page, ROOT, tableRows } from "./markdown";
import { mintPgpKey, mintPkcs12 } from "./mint";
import type { Declared, Program } from "./story";
import { ALICE, BOB, certificate, PASSWORD, seed, World, type Minted } from "./world";

const readme = new Page("README.md");
const examples = readdirSync(join(ROOT, "examples")).map((name) => new Page(`examples/${name}/README.md`));

/** The languages of blocks; what looks after each: stackReadme, readmeCommands, this file, and stackRelease. */
const LANGUAGES = ["ts", "csv", "sh", "text", "yaml", "python", "go"];

describe("the READMEs", () => {
  it("hold no code block that no test looks after", () => {
    for (const page of [readme, ...examples]) {
      assert.deepEqual([...new Set(page.blocks().map(({ language }) => language))].sort(), expectedIn(page).sort());
    }
    const [tour, whoami, rotation, refusals, ...others] = readme.blocks("text");
    assert.ok(tour?.text.includes("✔") && refusals?.text.startsWith("password:"));
    assert.ok(whoami?.text.startsWith("credential "), "whoamiCommand looks after it");
    assert.ok(rotation?.text.startsWith("warning: Default"), "stackExamples looks after it");
    assert.deepEqual(others, []);
  });

  it("show in YAML, Python and Go what the examples declare, which stackLanguages runs", () => {
    const files = { yaml: "yaml/Pulumi.yaml", python: "python/__main__.py", go: "go/mailbox/mailbox.go" };
    for (const [language, file] of Object.entries(files)) {
      const program = readFileSync(join(ROOT, "examples", file), "utf8");
      const shown = readme.blocks(language).filter(({ text }) => !/^(plugins:|# )/.test(text));
      assert.deepEqual(
        shown.map(({ text }) => program.includes(text)),
        [true],
        language,
      );
    }
  });

  it("show for CI, in blocks that begin with its name, only variables that the provider reads", () => {
    const read = Object.values(settingsFields).flatMap(({ environment }): readonly string[] => environment);
    const jobs = readme.blocks("yaml").filter(({ text }) => text.startsWith("# "));
    const named = jobs.map(({ text }) => text.match(/\bGOOGLE_\w+/g) ?? []);
    assert.ok(named.length >= 3 && named.every((names) => names.length > 0));
    assert.deepEqual(
      named.flat().filter((name) => !read.includes(name)),
      [],
    );
  });

  it("link to files and headings that exist", () => {
    const pages = [readme, new Page("DESIGN.md"), new Page("CHANGELOG.md"), new Page("tests/emulator/README.md")];
    const broken = [...pages, ...examples].flatMap((page) =>
      page.links().filter((link) => !leadsSomewhere(page, link)),
    );
    assert.deepEqual(broken, []);
  });

  it("are joined by a DESIGN.md of under a hundred lines that names files which exist", () => {
    const { text } = new Page("DESIGN.md");
    assert.ok(text.split("\n").length < 100);
    const named = [...text.matchAll(/\b(?:provider|tests|tools|sdk)\/[\w./]*/g)].map(([path]) =>
      path.replace(/\.$/, ""),
    );
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((path) => !["", ".ts"].some((end) => existsSync(join(ROOT, `${path}${end}`)))),
      [],
    );
  });

  it("quote of `npm start` only what it prints", () => {
    const printed = printedByTheTour();
    for (const line of (readme.blocks("text")[0]?.text ?? "").split("\n").map((text) => text.trim())) {
      const known = printed.some((pattern) => pattern.test(line.replace(/^(\d+\.|✔|\$ pulumi) /, "")));
      assert.ok(line === "" || known || isStep(line), line);
    }
  });
});

const expectedIn = (page: Page): string[] => (page === readme ? LANGUAGES : ["sh"]);

function leadsSomewhere(page: Page, link: string): boolean {
  if (link.startsWith("https://")) return true;
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page.path : join(dirname(page.path), file);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || new Page(target).anchors().includes(anchor);
}

/** Headings, notes, commands and claims of tools/tour.ts, each as a pattern of the lines it can become. */
function printedByTheTour(): RegExp[] {
  const source = readFileSync(join(ROOT, "tools/tour.ts"), "utf8");
  const said = [...source.matchAll(/(?:heading|note|claim\w*)\(\s*(["`])(.*?)\1/g)].map((match) => match[2] ?? "");
  const literal = (text: string): string => text.replace(/[.*+?^()|[\]\\{}]/g, "\\$&");
  const patterns = said.map(
    (text) =>
      new RegExp(
        `^${text
          .split(/\$\{.*?\}/)
          .map(literal)
          .join(".*")}$`,
      ),
  );
  return [...patterns, /^(preview|up|destroy)( --refresh)?( --expect-no-changes)?$/];
}

function isStep(line: string): boolean {
  const [, operation = "", kind = ""] = /^[+~-] (\S+) +(\S+) +\S+$/.exec(line) ?? [];
  return ["create", "update", "delete"].includes(operation) && kind in resources;
}

describe("the README's tables", () => {
  for (const token of Object.keys(resources) as Token[]) {
    const section = readme.section(`### ${token}`);
    const fields: Fields = resources[token].fields;

    it(`name every input of ${token}, and no other`, () => {
      const written = Object.entries(fields).filter(([, field]) => isWritten(field));
      const rows = tableRows(section, "input");
      assert.deepEqual(rows.map(nameOf), written.map(nameOf));
      checkRows(rows, fields);
    });

    it(`name every output of ${token}, and no other`, () => {
      const also = /^(.*) (?:is an output|are outputs) too\./m.exec(section)?.[1] ?? "";
      const named = [...tableRows(section, "output").map(nameOf), ...codes(also)];
      const outputs = Object.entries(fields).filter(([, field]) => field.output);
      assert.deepEqual(named.sort(), outputs.map(nameOf).sort());
    });
  }

  for (const [token, { args, result }] of Object.entries(functions)) {
    const section = readme.section(`### ${token}`);

    it(`name every argument and result of ${token}, and no other`, () => {
      const [asked, answered] = ["argument", "result"].map((head) => tableRows(section, head)) as [
        string[][],
        string[][],
      ];
      assert.deepEqual(asked.map(nameOf), Object.keys(args));
      const more = section.split("\n\n").find((part) => part.includes(" are results too")) ?? "";
      const also = codes(more.split(" are results too")[0] ?? "");
      assert.deepEqual([...answered.map(nameOf), ...also].sort(), Object.keys(result).sort());
      checkRows(asked, args);
      checkRows(answered, result);
    });
  }

  it("name every setting with its environment variables, in the order in which they are looked for", () => {
    const rows = tableRows(readme.section("## Settings"), "`google-workspace-mail:`");
    const found = rows.map(([key = "", variables = ""]) => [key, codes(variables)]);
    const wanted = Object.entries(settingsFields).map(([name, { secret, environment }]) => [
      `\`${name}\`${secret ? " (secret)" : ""}`,
      environment,
    ]);
    assert.deepEqual(found, wanted);
  });
});

describe("the README's order of credentials", () => {
  it("is the one in which settings and variables are looked for", () => {
    const rows = tableRows(readme.section("### Which one is used"), "");
    const [stack, workspace, google] = rows.map(([, , names = ""]) => codes(names));
    const kinds = ["accessToken", "credentials", "refreshToken"] as const;
    const variables = kinds.flatMap((kind): readonly string[] => settingsFields[kind].environment);
    const isWorkspaces = (name: string): boolean => name.startsWith("GOOGLEWORKSPACE_");
    assert.deepEqual(stack, kinds);
    assert.deepEqual(workspace, variables.filter(isWorkspaces));
    assert.deepEqual(
      google,
      variables.filter((name) => !isWorkspaces(name)),
    );
  });
});

/** Type, marks, values and the parts of lists are those of the field that each row is named after. */
function checkRows(rows: readonly string[][], fields: Fields): void {
  for (const row of rows) {
    const [, type = "", text = ""] = row;
    const field = fields[nameOf(row)] ?? assert.fail(nameOf(row));
    assert.equal(type, TYPES[field.type], nameOf(row));
    assert.deepEqual(marks(text), marksOf(field), nameOf(row));
    for (const value of field.values ?? []) assert.ok(codes(text).includes(value), `${nameOf(row)}: ${value}`);
    const parts = field.item && `{ ${Object.keys(field.item.fields).join(", ")} }`;
    if (parts !== undefined) assert.ok(codes(text).includes(parts), `${nameOf(row)}: ${parts}`);
  }
}

const TYPES: Record<Field["type"], string> = {
  string: "string",
  number: "number",
  boolean: "boolean",
  strings: "string[]",
  material: "material",
  objects: "list",
};

const isWritten = (field: Field): boolean => field.input === "required" || field.input === "optional";
const nameOf = ([cell = ""]: readonly [string, ...unknown[]] | string[]): string => cell.replaceAll("`", "");
const marks = (text: string): string[] => text.match(/\b(Required|Secret|Replaces)(?=\.)/g) ?? [];
const marksOf = ({ input, secret, replaces }: Field): string[] => [
  ...(input === "required" ? ["Required"] : []),
  ...(secret ? ["Secret"] : []),
  ...(replaces ? ["Replaces"] : []),
];

describe("the README's refusals", () => {
  it("are what a preview says, word for word, with nothing sent", async () => {
    const world = await World.start();
    try {
      world.emulator.seed(seed());
      const program = await wrongProgram(world);
      const { failures } = await world.story().preview(program);
      const said = Object.keys(program).flatMap((name) => failures[name]?.map(({ reason }) => reason) ?? []);
      const quoted = readme.blocks("text")[3]?.text.trim().split("\n") ?? [];
      assert.deepEqual(quoted, said);
      assert.deepEqual(world.verbs(), []);
    } finally {
      await world.emulator.stop();
    }
  });
});

/** One mistake a resource, in the README's order. */
async function wrongProgram(world: World): Promise<Program> {
  const right = await world.mint();
  const lone = await mintPkcs12({ ...right, chainPem: "" }, { password: PASSWORD });
  const past = { notBefore: new Date("2025-09-01T00:00:00Z"), notAfter: new Date("2026-10-01T00:00:00Z") };
  const { publicKey } = await mintPgpKey({ type: "ecc" });
  return {
    password: certificate(right, { password: "another" }),
    address: ofBob(right),
    chain: certificate({ ...right, pkcs12: lone.toString("base64") }),
    expired: certificate(await world.mint(ALICE, past)),
    key: certificate(await world.mint(ALICE, { keyKind: "P-521" })),
    purpose: certificate(await world.mint(ALICE, { extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] })),
    audit: { token: "AuditPublicKey", args: { domain: "example.com", publicKey } },
  };
}

const ofBob = (key: Minted): Declared => certificate(key, { userId: BOB });
