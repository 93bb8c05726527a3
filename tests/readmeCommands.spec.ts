/** The shell blocks of the READMEs and of docs/: npm scripts that exist, Pulumi commands with flags that the engine knows, settings in use. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { settingsFields } from "../provider/settings";
import { everyPage, Page, ROOT } from "./markdown";

interface Manifest {
  name: string;
  bin: Record<string, string>;
  scripts: Record<string, string>;
  peerDependencies: Record<string, string>;
}
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;

const pages = [
  "README.md",
  ...everyPage("examples").map(({ path }) => path),
  ...everyPage("docs").flatMap((page) => (page.blocks("sh").length > 0 ? [page.path] : [])),
];

/** Commands, one a line, without comments and the words of a shell loop. */
function commandsOf(path: string): string[] {
  const lines = new Page(path).blocks("sh").flatMap(({ text }) => text.split("\n"));
  const bare = lines.map((line) => line.replace(/ +# .*$/, "").trim());
  return bare.filter((line) => line !== "" && line !== "done" && !/^for \w+ in [\w ]+; do$/.test(line));
}

describe("the READMEs' commands", function () {
  this.timeout(60_000);
  let engine: string;
  before(async () => {
    const { findEngine } = await import("../tools/engine/find.mjs");
    engine = await findEngine();
  });

  for (const path of pages) {
    it(`of ${path} exist, with the flags they are given`, async () => {
      for (const command of commandsOf(path)) {
        if (command.startsWith("npm ")) checkNpm(path, command);
        else if (command.startsWith("npx ")) checkNpx(command);
        else if (command.startsWith("gcloud ")) checkGcloud(command);
        else if (command.startsWith("pulumi do ")) await checkDo(engine, command);
        else if (command.startsWith("pulumi ")) await checkPulumi(engine, command);
        else if (command.startsWith("export ")) checkExport(path, command);
        else assert.equal(command, "kubectl apply -f shards.yaml", "no test looks after this command");
      }
    });

    it(`of ${path} set only what a program or the provider reads`, () => {
      const program = programBeside(path);
      for (const command of commandsOf(path).filter((line) => line.startsWith("pulumi config set "))) {
        const [, secret, key = ""] = /^pulumi config set (--secret )?(\S+)/.exec(command) ?? [];
        const [namespace, setting] = key.split(":");
        if (setting === undefined) checkProgramReads(program, key, secret !== undefined);
        else {
          assert.equal(namespace, "google-workspace-mail", command);
          assert.ok(Object.hasOwn(settingsFields, setting), command);
          const { secret: isSecret } = settingsFields[setting as keyof typeof settingsFields];
          assert.equal(secret !== undefined, isSecret, command);
        }
      }
    });
  }

  it("start the emulator, which prints its address and writes the key file", async () => {
    const command = commandsOf("README.md").find((line) => line.includes("emulator")) ?? "";
    const folder = mkdtempSync(join(tmpdir(), "google-workspace-mail-readme-"));
    const keyFile = join(folder, "service-account.json");
    const [name = "", ...args] = command.replace("8765", "0").replace("service-account.json", keyFile).split(" ");
    const child = spawn(name, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
      assert.match((JSON.parse(line) as { url: string }).url, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.match(readFileSync(keyFile, "utf8"), /"type": ?"service_account"/);
    } finally {
      child.kill("SIGTERM");
      await once(child.stdout, "close"); // the emulator held the other end
      rmSync(folder, { recursive: true });
    }
  });
});

/** `npm run` in an example runs a script of its own, whose flags its sources name. */
function checkNpm(path: string, command: string): void {
  const [, verb = "", ...words] = command.replace(/ > \S+$/, "").split(" ");
  if (verb === "install") {
    const known = [manifest.name, ...Object.keys(manifest.peerDependencies)];
    assert.deepEqual(words, known, command);
    return;
  }
  const script = verb === "run" ? words.find((word) => !word.startsWith("-")) : verb;
  const own = path.startsWith("examples/") && verb === "run";
  const { scripts } = own
    ? (JSON.parse(readFileSync(join(ROOT, dirname(path), "package.json"), "utf8")) as Manifest)
    : manifest;
  assert.ok(script !== undefined && script in scripts, command);
  const flags = own ? words.filter((word) => /^--\w/.test(word)) : [];
  for (const flag of flags)
    assert.match(sourcesBeside(path), new RegExp(`${flag.slice(2)}"?: `), `${command}: ${flag}`);
}

/** A variable that the provider reads, or that the example's rows name. */
function checkExport(path: string, command: string): void {
  const [, name = ""] = /^export (\w+)(=[\w.-]+)?$/.exec(command) ?? [];
  const known = Object.values(settingsFields).some(({ environment }) =>
    (environment as readonly string[]).includes(name),
  );
  assert.ok(known || new RegExp(`\\benv:${name}\\b`).test(sourcesBeside(path)), command);
}

function sourcesBeside(path: string): string {
  const folder = join(ROOT, dirname(path));
  const files = readdirSync(folder).filter((name) => /\.(ts|csv)$/.test(name));
  return files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
}

/** The published command; docs.spec.ts looks at its subcommands and flags. */
function checkNpx(command: string): void {
  const [, name = ""] = command.split(" ");
  assert.ok(name === manifest.name && name in manifest.bin, command);
}

/** As far as Google's reference of gcloud goes (cloud.google.com/sdk/gcloud/reference): no test has gcloud. */
const GCLOUD: Record<string, readonly string[]> = {
  "services enable": [],
  "iam service-accounts create": [],
  "iam service-accounts describe": ["--format"],
  "iam service-accounts add-iam-policy-binding": ["--role", "--member"],
  "iam workload-identity-pools create": ["--location"],
  "iam workload-identity-pools providers create-oidc": [
    "--location",
    "--workload-identity-pool",
    "--issuer-uri",
    "--attribute-mapping",
    "--attribute-condition",
  ],
  "projects add-iam-policy-binding": ["--role", "--member"],
  "secrets create": ["--data-file", "--project"],
  "iam workload-identity-pools create-cred-config": ["--credential-source-file", "--output-file"],
  "auth application-default login": ["--client-id-file", "--scopes"],
};

function checkGcloud(command: string): void {
  const verb = Object.keys(GCLOUD).find((known) => `${command} `.startsWith(`gcloud ${known} `));
  const flags = command.match(/ --[\w-]+/g)?.map((flag) => flag.trim()) ?? [];
  assert.ok(verb !== undefined && flags.every((flag) => GCLOUD[verb]?.includes(flag)), command);
}

const helps = new Map<string, Promise<{ stdout: string }>>();

/** Each asked once, for an engine takes its time to start. */
function helpOf(engine: string, verb: readonly string[]): Promise<{ stdout: string }> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const name = verb.join(" ");
  const help = helps.get(name) ?? promisify(execFile)(engine, [...verb, "--help"], { env });
  helps.set(name, help);
  return help;
}

/** `pulumi config set --help` and the like: the engine's own word on what exists. */
async function checkPulumi(engine: string, command: string): Promise<void> {
  const words = command
    .replace(/ < \S+$/, "")
    .split(" ")
    .slice(1);
  const nested = ["config", "package", "plugin", "stack", "state"].includes(words[0] ?? "");
  const verb = words.slice(0, nested ? 2 : 1);
  const { stdout } = await helpOf(engine, verb);
  const usage = /^ +pulumi (.*)$/m.exec(stdout)?.[1] ?? "";
  const aliases = /^Aliases:\n +(.*)$/m.exec(stdout)?.[1]?.split(", ") ?? [];
  const name = verb.at(-1) ?? "";
  assert.ok(`${usage} `.startsWith(`${verb.join(" ")} `) || aliases.includes(name), `${command}: ${usage}`);
  for (const flag of words.filter((word) => word.startsWith("-"))) {
    assert.match(stdout, new RegExp(`^ +(-\\w, )?${flag}\\b`, "m"), `${command}: ${flag}`);
  }
}

/** An experimental command, which not every CLI has; its flags are the plugin's, which it starts for the help. */
async function checkDo(engine: string, command: string): Promise<void> {
  const help = (...args: string[]): Promise<{ stdout: string }> =>
    promisify(execFile)(engine, ["do", ...args, "--help"], {
      cwd: ROOT,
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
  const exists = await help().then(
    () => true,
    () => false,
  );
  assert.ok(exists || !process.env["CI"], "this CLI has pulumi do");
  if (!exists) return;
  const words = command.split(" ").slice(2);
  const { stdout } = await help(...words);
  const [token = "", verb = ""] = words.slice(words.indexOf("--package") + 2);
  assert.ok(stdout.includes(`pulumi do ${token} ${verb} [flags]`), stdout);
  for (const flag of words.filter((word) => word.startsWith("--")))
    assert.match(stdout, new RegExp(`^ +${flag} `, "m"));
}

/** The file in which an example's program lies, by language. */
const PROGRAMS = ["index.ts", "__main__.py", "mailbox/mailbox.go", "Pulumi.yaml"];

/** An example's program, or those that a page itself shows. */
function programBeside(path: string): string {
  const file = PROGRAMS.map((name) => join(ROOT, path, "..", name)).find(existsSync);
  if (path.startsWith("examples/") && file !== undefined) return readFileSync(file, "utf8");
  const blocks = new Page(path).blocks("ts");
  return blocks.map(({ text }) => text).join("\n");
}

function checkProgramReads(program: string, key: string, secret: boolean): void {
  const called = program.matchAll(/(?:config|settings)\.(?<reader>\w+)\(["`](?<key>[^"`]+)["`]\)/g);
  const declared = program.matchAll(/^ {2}(?<key>\w+):\n {4}type: (?<reader>string\n(?: {4}secret: true)?)/gm);
  const readers = [...called, ...declared].filter(({ groups }) => groups?.["key"] === key);
  assert.ok(readers.length > 0, `the program does not read ${key}`);
  for (const { groups: { reader = "" } = {} } of readers) {
    assert.equal(/secret/i.test(reader), secret, `${key} is read by ${reader}`);
  }
}
