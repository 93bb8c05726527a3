/** The programs that the schema shows compile against the SDKs as a user has them: TypeScript by the package's own types. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { examples } from "../provider/adapters/schemaExamples";
import { functionExamples } from "../provider/adapters/schemaFunctionExamples";
import { exampleSection } from "../provider/adapters/schemaProgram";
import { functions } from "../provider/functions";
import { resources } from "../provider/resources";
import { ROOT } from "./markdown";

const PACKAGE = "pulumi-google-workspace-mail";

/** Everything a program may touch, as the rows have it: outputs that are always there are no `undefined`. */
const PROGRAM = `import * as pulumi from "@pulumi/pulumi";
import * as mail from "pulumi-google-workspace-mail/plugin";
import { SmimeCertificate } from "pulumi-google-workspace-mail";

const provider = new mail.Provider("example.org", { credentials: pulumi.secret("{}"), adminEmail: "admin@example.org" });
const alice = new mail.SmimeCertificate(
  "alice",
  { userId: "alice@example.org", privateKey: "PEM", certificate: new pulumi.asset.StringAsset("PEM"), renewBeforeDays: 30 },
  { provider },
);
const candidates = [{ certificateId: alice.certificateId, expiration: alice.expiration }];
const signs = new mail.DefaultSmimeCertificate("alice", { userId: alice.userId, choose: "furthestExpiry", candidates });
const listed = mail.getSmimeCertificatesOutput({ userId: alice.userId }, { provider });
export const fingerprints: pulumi.Output<string[]> = listed.certificates.apply((all) => all.map(({ id }) => id));
export const previous: pulumi.Output<string | undefined> = signs.previousCertificateId;
export const findings: Promise<string[]> = mail
  .inspectPkcs12({ pkcs12: new pulumi.asset.FileAsset("alice.p12") })
  .then((inspected) => inspected.findings.map(({ reason }) => reason));
export const usable: Promise<boolean | undefined> = mail.getCallerIdentity().then((identity) => identity.usable);
export const granted: pulumi.Output<(boolean | undefined)[]> = mail
  .getCallerIdentityOutput({ userId: alice.userId }, { provider })
  .scopes.apply((scopes) => scopes.map(({ granted }) => granted));
export const dynamic: pulumi.Output<string> = new SmimeCertificate("bob", { userId: "bob@example.org" }).fingerprint;
`;

/** As npm would put it there: what package.json says is published, beside the libraries of this checkout. */
function install(modules: string): void {
  const names = ["@pulumi", "@types"];
  fs.mkdirSync(path.join(modules, PACKAGE), { recursive: true });
  for (const name of names) fs.symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name));
  const { files } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as { files: string[] };
  for (const name of ["package.json", ...files.filter((file) => !file.startsWith("!"))])
    fs.symlinkSync(path.join(ROOT, name), path.join(modules, PACKAGE, name));
}

describe("the schema's examples", function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "google-workspace-mail-examples-"));
    install(path.join(folder, "node_modules"));
    const programs = Object.entries({ ...examples, ...functionExamples }).map(([name, { typescript }]) => [
      name,
      typescript,
    ]);
    for (const [name, text = ""] of [...programs, ["everything", PROGRAM]])
      fs.writeFileSync(path.join(folder, `${name}.ts`), text);
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it("show each resource and function in every language, with its own token", () => {
    for (const [name, programs] of Object.entries({ ...examples, ...functionExamples })) {
      assert.deepEqual(Object.keys(programs), ["typescript", "python", "go", "yaml"]);
      for (const [language, text] of Object.entries(programs)) {
        const snake = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
        const called = language === "python" && name in functions ? snake : name;
        assert.match(text, new RegExp(`${called}(_o|O|\\b)`, "i"), `${name} in ${language}`);
      }
    }
    assert.deepEqual(Object.keys(examples), Object.keys(resources));
    assert.deepEqual(Object.keys(functionExamples), Object.keys(functions));
  });

  it("are marked as Pulumi's tools find them, one block a language", () => {
    const section = exampleSection(examples.AuditPublicKey);
    const languages = [...section.matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
    assert.deepEqual(languages, ["typescript", "python", "go", "yaml"]);
    assert.equal(section.match(/^\{\{% \/?examples? %\}\}$/gm)?.length, 4);
  });

  it("compile in TypeScript, as strict as can be", () => {
    assert.equal(compile("--module", "node16"), "");
  });

  it("compile in TypeScript as Pulumi's own ts-node does by default, which knows no exports of a package", () => {
    assert.equal(compile("--module", "commonjs", "--moduleResolution", "node10", "--ignoreDeprecations", "6.0"), "");
  });

  it("are refused by the compiler where an argument is wrong or missing", () => {
    const wrong = [
      'new mail.AuditPublicKey("a", { domain: 1, publicKey: "" });',
      'new mail.SmimeCertificate("b", {});',
    ];
    fs.appendFileSync(path.join(folder, "AuditPublicKey.ts"), wrong.join("\n"));
    const said = compile("--module", "node16")
      .split("\n")
      .filter((line) => line.startsWith("AuditPublicKey.ts"));
    assert.equal(said.length, 2, said.join("\n"));
    assert.match(said[0] ?? "", /Type 'number' is not assignable to type 'Input<string>'/);
    assert.match(
      said[1] ?? "",
      /Argument of type '\{\}' is not assignable to parameter of type 'SmimeCertificateArgs'/,
    );
  });

  /** What the compiler complains of. */
  function compile(...options: string[]): string {
    const tsc = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
    const node = ["--target", "es2022", "--types", "node", "--skipLibCheck"];
    const files = fs.readdirSync(folder).filter((name) => name.endsWith(".ts"));
    const args = [tsc, ...strict, ...node, ...options, ...files];
    return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).stdout;
  }
});
