/** Every Markdown page of the checkout: links lead somewhere, code blocks say their language, commands that are named exist. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { Console } from "../commands/console";
import { main } from "../commands/main";
import { machine } from "../provider/machine";
import { everyPage, Page, ROOT } from "./markdown";

/** What looks after each: docsBlocks.spec.ts parses and compiles these, */
const CHECKED = ["ts", "typescript", "python", "go", "yaml", "json", "sh"];
/** and these are what somebody sees or writes, which no tool reads. */
const SHOWN = ["text", "csv"];

const pages = everyPage();

const findings = (find: (page: Page) => readonly string[]): string[] =>
  pages.flatMap((page) => find(page).map((found) => `${page.path}: ${found}`));

describe("every Markdown page", () => {
  it("is found", () => {
    const paths = pages.map(({ path }) => path);
    for (const path of ["README.md", "docs/_index.md", "docs/resources/SmimeFleet.md", "examples/yaml/README.md"])
      assert.ok(paths.includes(path), path);
  });

  it("links to files and headings that exist", () => {
    assert.deepEqual(
      findings((page) => page.brokenLinks()),
      [],
    );
  });

  it("says of each code block in which language it is", () => {
    const known = [...CHECKED, ...SHOWN];
    const unknown = (page: Page): string[] =>
      page.blocks().flatMap(({ language, text }) => (known.includes(language) ? [] : [`"${language}" ${text}`]));
    assert.deepEqual(findings(unknown), []);
    assert.deepEqual(
      findings((page) => page.strayFences()),
      [],
    );
  });

  it("names npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    // an example has a package of its own, whose scripts readmeCommands.spec.ts looks at
    const wrong = (page: Page): string[] =>
      page.path.startsWith("examples/") ? [] : scriptsIn(page.text).filter((name) => !(name in scripts));
    assert.ok(scriptsIn("`npm run --silent emulator -- --port 1`")[0] === "emulator");
    assert.deepEqual(findings(wrong), []);
  });

  it("names subcommands and flags of `pulumi-google-workspace-mail` that its help has", async () => {
    const wrong: string[] = [];
    let seen = 0;
    for (const page of pages) {
      for (const { subcommand, flags } of commandsIn(page.text)) {
        seen += 1;
        const help = await helpOf(subcommand);
        for (const flag of help === undefined ? [subcommand] : flags.filter((each) => !help.includes(`  ${each} `)))
          wrong.push(`${page.path}: ${subcommand} ${flag}`);
      }
    }
    assert.ok(seen > 3);
    assert.deepEqual(wrong, []);
  });
});

describe("the registry's two pages", () => {
  const LANGUAGES = ["typescript", "python", "go", "yaml"];

  for (const name of ["_index.md", "installation-configuration.md"]) {
    const { text } = new Page(`docs/${name}`);

    it(`begin with the front matter that a registry asks for: ${name}`, () => {
      const [, front = ""] = /^---\n(.*?)\n---\n/s.exec(text) ?? [];
      const { title, meta_desc: description, layout } = parse(front) as Record<string, string>;
      assert.ok(title?.startsWith("Google Workspace mail keys"));
      assert.ok(description !== undefined && description.length <= 160, "search engines show no more");
      assert.equal(layout, "package");
    });

    it(`let a reader choose among the languages, each once: ${name}`, () => {
      const choosers = [...text.matchAll(/^\{\{< chooser language "(.*)" >\}\}$(.*?)^\{\{< \/chooser >\}\}$/gms)];
      assert.equal(choosers.length, 1);
      assert.equal(text.match(/\{\{/g)?.length, 2 + 2 * LANGUAGES.length, "and no other shortcode");
      for (const [, offered = "", inside = ""] of choosers) {
        assert.deepEqual(offered.split(","), LANGUAGES);
        const shown = [...inside.matchAll(/^\{\{% choosable language (\w+) %\}\}$.*?^\{\{% \/choosable %\}\}$/gms)];
        assert.deepEqual(
          shown.map(([, language]) => language),
          LANGUAGES,
        );
      }
    });
  }
});

const scriptsIn = (text: string): string[] =>
  [...text.matchAll(/\bnpm run(?: -\S+)* ([a-z][\w:]*)/g)].map(([, name]) => name ?? "");

interface Named {
  readonly subcommand: string;
  readonly flags: readonly string[];
}

/** Wherever a page writes the command as one would type it, in a block or in a sentence. */
const commandsIn = (text: string): Named[] =>
  [...text.matchAll(/(?:^|`|npx )pulumi-google-workspace-mail ([a-z][\w-]*)([^`\n|]*)/gm)].map(
    ([, subcommand = "", rest = ""]) => ({
      subcommand,
      flags: rest.match(/(?<= )--?[a-z][\w-]*/g) ?? [],
    }),
  );

/** The command's own word; undefined where there is no such subcommand. */
async function helpOf(subcommand: string): Promise<string | undefined> {
  let said = "";
  const stream = { write: (text: string) => (said += text) };
  const console = new Console(stream, stream, {});
  const code = await main([subcommand, "--help"], { console, stdin: process.stdin, machine });
  return code === 0 ? said : undefined;
}
