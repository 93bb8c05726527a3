/** docs/resources/ and docs/functions/: they are what the schema gives, and quote only what the sources say. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageSchema } from "../provider/adapters/schema";
import { functionNotes, resourceNotes } from "../provider/adapters/schemaNotes";
import { functions } from "../provider/functions";
import { resources } from "../provider/resources";
import { VERSION } from "../provider/version";
import { ROOT } from "./markdown";

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

describe("the pages of resources and functions", () => {
  it("are what the schema gives, one each: run `npm run sdk` after a change of rows, examples or notes", async () => {
    const { BY_HAND, pages } = await import("../tools/docs.mjs");
    const wanted = pages(packageSchema(VERSION));
    const owners = [
      ...Object.keys(resources).map((name) => `resources/${name}.md`),
      ...Object.keys(functions).map((name) => `functions/${name}.md`),
    ];
    assert.deepEqual([...wanted.keys()], owners);
    for (const [file, text] of wanted) assert.equal(read(`docs/${file}`), text, file);
    const there = ["resources", "functions"].flatMap((below) =>
      filesBelow(`docs/${below}`).map((name) => `${below}/${name}`),
    );
    assert.deepEqual(there.sort(), [...owners, ...BY_HAND].sort());
  });

  it("have an example in each language, and a table of all that goes in and comes out", () => {
    for (const [kind, owners] of Object.entries({ resources, functions })) {
      for (const name of Object.keys(owners)) {
        const page = read(`docs/${kind}/${name}.md`);
        const headings = [...page.matchAll(/^##+ (.*)$/gm)].map(([, heading]) => heading);
        const tables = kind === "resources" ? ["Inputs", "Outputs"] : ["Arguments", "Results"];
        const wanted = ["Example", "TypeScript", "Python", "Go", "YAML", ...tables];
        assert.deepEqual(headings.slice(0, wanted.length), wanted, name);
      }
    }
  });
});

/** Texts as they are put together: parts that stand on lines of their own, joined. */
const sources = filesBelow("provider")
  .filter((file) => file.endsWith(".ts") && !file.startsWith("adapters"))
  .map((file) => read(`provider/${file}`).replaceAll(/["`] \+\n\s*["`]/g, ""))
  .join("\n");

describe("the schema's notes", () => {
  it("quote errors word for word", () => {
    const notes = [...Object.entries(resourceNotes), ...Object.entries(functionNotes)];
    for (const [name, { errors }] of notes) {
      for (const { said } of errors) {
        const parts = said.split("…").filter((part) => part.trim().length > 3);
        assert.ok(parts.length > 0, said);
        for (const part of parts) assert.ok(sources.includes(part), `${name}: ${part}`);
      }
    }
  });

  it("give the id that import takes as the resource's own error does, or say that there is none", () => {
    const stated = Object.entries(resourceNotes).map(([name, note]) => [name, note.import] as const);
    for (const [name, imported] of stated) {
      assert.ok(imported, name);
      if ("id" in imported) assert.ok(sources.includes(`It looks like ${imported.id}`), name);
    }
    const without = stated.filter(([, imported]) => imported && "none" in imported).map(([name]) => name);
    assert.deepEqual(without, ["SmimeFleet", "AuditPublicKey"], "whose read refuses an import");
    assert.match(sources, /A SmimeFleet cannot be imported\..*/);
    assert.match(sources, /cannot be imported: Google does not return a domain's audit key\./);
  });
});
