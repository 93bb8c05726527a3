/** The tables that are written by hand say what the rows say: settings, the order of credentials, what is encrypted. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Fields } from "../provider/fields";
import { SCOPES } from "../provider/google/scopes";
import { resources } from "../provider/resources";
import { settingsFields } from "../provider/settings";
import { codes, Page, ROOT, tableRows } from "./markdown";

const configuration = new Page("docs/installation-configuration.md");
const stored = new Page("docs/what-is-stored-where.md");

describe("the page on installation and configuration", () => {
  it("names every setting with its environment variables, in the order in which they are looked for", () => {
    const rows = tableRows(configuration.section("## Settings"), "`google-workspace-mail:`");
    const found = rows.map(([key = "", variables = ""]) => [key, codes(variables)]);
    const wanted = Object.entries(settingsFields).map(([name, { secret, environment }]) => [
      `\`${name}\`${secret ? " (secret)" : ""}`,
      environment,
    ]);
    assert.deepEqual(found, wanted);
  });

  it("has the order in which settings and variables are looked for", () => {
    const rows = tableRows(configuration.section("### Which one is used"), "");
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

  it("shows for CI, in blocks that begin with its name, only variables that the provider reads", () => {
    const read = Object.values(settingsFields).flatMap(({ environment }): readonly string[] => environment);
    const jobs = configuration.blocks("yaml").filter(({ text }) => text.startsWith("# "));
    const named = jobs.map(({ text }) => text.match(/\bGOOGLE_\w+/g) ?? []);
    assert.ok(named.length >= 3 && named.every((names) => names.length > 0));
    assert.deepEqual(
      named.flat().filter((name) => !read.includes(name)),
      [],
    );
  });

  it("says of each kind of credential what can go wrong", () => {
    const kinds = ["Without a key", "With a key", "A user's own consent", "An access token", "For the audit key"];
    for (const kind of kinds) assert.ok(configuration.section(`### ${kind}`).includes("**What can go wrong.**"), kind);
    const table = tableRows(configuration.section("## Credentials"), "you have");
    assert.equal(table.length, kinds.length);
    for (const [, settings = "", variables = ""] of table) {
      const first = (name: string): string => settingsFields[name as keyof typeof settingsFields].environment[0];
      assert.deepEqual(codes(variables), codes(settings).map(first));
    }
  });
});

describe("the page's steps at Google", () => {
  it("name the scopes that the provider asks for, in a table and in a line to paste", () => {
    const rows = tableRows(configuration.section("### 3. Delegate to it"), "scope");
    assert.deepEqual(
      rows.flatMap(([scope = ""]) => codes(scope)),
      Object.values(SCOPES),
    );
    assert.deepEqual(
      configuration.blocks("text").map(({ text }) => text.trim().split(",")),
      [Object.values(SCOPES)],
    );
  });

  it("quote of our errors what the sources say", () => {
    const said = configuration.text.split("**What can go wrong.**").slice(1);
    const quoted = said.flatMap((text) =>
      codes(text.split("\n\n")[0] ?? "").filter((code) => /^The( \S+){3,}$/.test(code)),
    );
    assert.ok(quoted.length >= 2);
    const sources = ["gmailRefusal", "tokenRefusal", "auditRefusal"].map((name) =>
      readFileSync(join(ROOT, `provider/google/${name}.ts`), "utf8"),
    );
    assert.deepEqual(
      quoted.filter((text) => !sources.some((source) => source.includes(text))),
      [],
    );
  });
});

describe("the page on what is stored where", () => {
  const rows = tableRows(stored.section("## In the state, by property"), "resource");

  for (const [token, resource] of Object.entries(resources)) {
    it(`names every property of ${token} once, and as encrypted those that are secret`, () => {
      const fields: Fields = resource.fields;
      const ours = rows.filter(([name]) => name === token);
      const named = ours.flatMap(([, names = ""]) => codes(names));
      assert.deepEqual([...named].sort(), Object.keys(fields).sort());
      const encrypted = ours
        .filter(([, , where = ""]) => where.startsWith("Encrypted"))
        .flatMap(([, names = ""]) => codes(names));
      const secret = Object.keys(fields).filter((name) => fields[name]?.secret);
      assert.deepEqual(encrypted.sort(), secret.sort());
      for (const [, , where = ""] of ours) assert.match(where, /^(Encrypted|In clear)[.:;]/);
    });
  }

  it("names no other resource, and every setting, as encrypted those that are secret", () => {
    assert.deepEqual(new Set(rows.map(([name]) => name)), new Set(Object.keys(resources)));
    const [encrypted, clear, ...others] = tableRows(stored.section("## Settings"), "settings");
    const named = (secret: boolean): string[] =>
      Object.entries(settingsFields).flatMap(([name, row]) => (row.secret === secret ? [name] : []));
    assert.deepEqual(others, []);
    assert.deepEqual(codes(encrypted?.[0] ?? "").sort(), named(true).sort());
    assert.deepEqual(codes(clear?.[0] ?? "").sort(), named(false).sort());
    assert.match(encrypted?.[1] ?? "", /^Encrypted/);
    assert.match(clear?.[1] ?? "", /^In clear/);
  });
});
