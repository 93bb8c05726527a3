/** The README and the examples' READMEs cannot rot: programs are run, quotes compared with what is said; see docs.spec.ts. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { resources } from "../provider/resources";
import { everyPage, Page, ROOT } from "./markdown";
import { mintPgpKey, mintPkcs12 } from "./mint";
import type { Declared, Program } from "./story";
import { ALICE, BOB, certificate, PASSWORD, seed, World, type Minted } from "./world";

const readme = new Page("README.md");
const examples = everyPage("examples").filter(({ path }) => /^examples\/\w+\/README\.md$/.test(path));

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
      assert.ok(line === "" || known || isStep(line) || isOfDrift(line), line);
    }
  });
});

/** What `drift` prints in the tour: whom, which of the findings, and the lines below it. */
function isOfDrift(line: string): boolean {
  if (/^(\$ npx pulumi-google-workspace-mail drift|│ \w+@example\.com|│ +(expected|found|pulumi up) +\S.*)$/.test(line))
    return true;
  const [, title] = /^│ +[✘!] (.+) \(after [\w:-]+\)$/.exec(line) ?? [];
  return (
    title !== undefined && readFileSync(join(ROOT, "commands/inventory/findings.ts"), "utf8").includes(`"${title}"`)
  );
}

const expectedIn = (page: Page): string[] => (page === readme ? LANGUAGES : ["sh"]);

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
