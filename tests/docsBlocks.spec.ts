/** The code blocks of every Markdown page: TypeScript compiles against the real package, all else at least parses. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as ts from "typescript";
import { parseAllDocuments } from "yaml";
import { everyPage, Page, ROOT, tableRows } from "./markdown";
import { missing } from "./missing";

interface Snippet {
  /** The page, and which of its blocks in this language, from 1. */
  readonly where: string;
  readonly text: string;
}

const pages = everyPage();

const snippets = (...languages: readonly string[]): Snippet[] =>
  pages.flatMap((page) => {
    const blocks = page.blocks().filter(({ language }) => languages.includes(language));
    return blocks.map(({ text }, index) => ({ where: `${page.path}.${String(index + 1)}`, text }));
  });

describe("the TypeScript of every Markdown page", function () {
  this.timeout(120_000);

  it("compiles against the package as it is published, and tables of SmimeIdentity name what it has", () => {
    const files = new Map([...programs(), ["docs/resources/SmimeIdentity.table.ts", identityTables()]]);
    assert.ok(files.size > 12 && files.has("README.md.1.ts"));
    assert.deepEqual(typeErrors(files), []);
  });
});

describe("the code blocks of every Markdown page", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "google-workspace-mail-docs-"));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it("parse where they are YAML", () => {
    const wrong = snippets("yaml").flatMap(({ where, text }) =>
      parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => `${where}: ${message}`)),
    );
    assert.deepEqual(wrong, []);
  });

  it("parse where they are JSON", () => {
    for (const { where, text } of snippets("json")) assert.doesNotThrow(() => JSON.parse(text), where);
  });

  it("are accepted by `bash -n` where they are for a shell", () => {
    const script = 'for file; do bash -n "$file"; done';
    assert.equal(said("bash", ["-c", script, "bash", ...written(snippets("sh"))]), "");
  });

  it("parse where they are Python", function () {
    if (spawnSync("python3", ["--version"]).status !== 0) missing(this, "python3");
    const script = "import ast, sys\nfor file in sys.argv[1:]: ast.parse(open(file, encoding='utf8').read(), file)";
    assert.equal(said("python3", ["-c", script, ...written(snippets("python"))]), "");
  });

  it("parse where they are Go, and stand as gofmt writes them where they are whole programs", function () {
    if (spawnSync("gofmt", ["-h"]).error) missing(this, "gofmt");
    const whole = snippets("go").filter(({ text }) => isProgram(text));
    const parts = snippets("go").filter(({ text }) => !isProgram(text));
    assert.ok(whole.length > 8 && parts.length > 0);
    assert.equal(said("gofmt", ["-e", "-l", ...written(whole)]), "");
    const bodies = parts.map(({ where, text }) => ({
      where,
      text: `package p\nfunc f() error {\n${text}\nreturn nil\n}\n`,
    }));
    // formatted elsewhere, so only what stands on stderr counts
    assert.equal(spawnSync("gofmt", ["-e", "-l", ...written(bodies)], { encoding: "utf8" }).stderr, "");
  });

  /** The files in which they now are, named after their places. */
  function written(all: readonly Snippet[]): string[] {
    assert.ok(all.length > 0);
    return all.map(({ where, text }) => {
      const file = path.join(folder, where.replaceAll("/", "-"));
      fs.writeFileSync(file, text);
      return file;
    });
  }
});

const isProgram = (text: string): boolean => text.startsWith("package ");

/** What a tool complains of, on either stream. */
function said(command: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return stdout + stderr;
}

/**
 * Programs by file, each beside its page. A block that imports nothing goes on with the program before it. The README's are
 * one program, which stackReadme.spec.ts runs.
 */
function programs(): Map<string, string> {
  const files = new Map<string, string>();
  for (const page of pages) {
    let program = 0;
    for (const { text } of page.blocks().filter(({ language }) => ["ts", "typescript"].includes(language))) {
      if (program === 0 || (text.startsWith("import ") && page.path !== "README.md")) program += 1;
      const file = `${page.path}.${String(program)}.ts`;
      files.set(file, `${files.get(file) ?? ""}${text}\n`);
    }
  }
  return files;
}

/** The component is no row of the schema: the compiler compares the names in its page's tables with its type. */
function identityTables(): string {
  const page = new Page("docs/resources/SmimeIdentity.md").text;
  const names = (head: string, wanted: (row: string) => boolean): string => {
    const rows = tableRows(page, head).filter((row) => wanted(row.join(" ")));
    return `{ ${rows.map(([name = ""]) => `${name.replaceAll("`", "")}: true`).join(", ")} }`;
  };
  return `import type { ComponentResource } from "@pulumi/pulumi";
import type { SmimeIdentity, SmimeIdentityArgs } from "pulumi-google-workspace-mail";
type Needed<T> = { [K in keyof T]-?: object extends Pick<T, K> ? never : K }[keyof T];
export const inputs: Record<keyof SmimeIdentityArgs, true> = ${names("input", () => true)};
export const required: Record<Needed<SmimeIdentityArgs>, true> = ${names("input", (row) => row.includes("**Required.**"))};
export const outputs: Record<Exclude<keyof SmimeIdentity, keyof ComponentResource>, true> = ${names("output", () => true)};
`;
}

/** What the compiler says, as strict as it is here, of files that are not on disk. */
function typeErrors(files: ReadonlyMap<string, string>): string[] {
  const config = ts.readConfigFile(path.join(ROOT, "tsconfig.json"), (file) => fs.readFileSync(file, "utf8"));
  const { options } = ts.parseJsonConfigFileContent({ ...(config.config as object), files: [] }, ts.sys, ROOT);
  // an example may declare what it does not use
  const settings: ts.CompilerOptions = { ...options, noUnusedLocals: false };
  const host = ts.createCompilerHost(settings);
  const [read, exists] = [host.readFile.bind(host), host.fileExists.bind(host)];
  const ours = (file: string): string | undefined => files.get(path.relative(ROOT, file).replaceAll(path.sep, "/"));
  host.readFile = (file) => ours(file) ?? read(file);
  host.fileExists = (file) => ours(file) !== undefined || exists(file);
  const roots = [...files.keys()].map((file) => path.join(ROOT, file));
  const found = ts.getPreEmitDiagnostics(ts.createProgram(roots, settings, host));
  return found.map(({ file, messageText }) => {
    const where = file === undefined ? "" : path.relative(ROOT, file.fileName);
    return `${where}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}
