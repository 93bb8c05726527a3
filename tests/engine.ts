// The one place that runs stacks on the real engine: a Pulumi project in a temporary folder, an own backend and home,
// and the plain CLI. A command that fails is an answer with its text and exit code, never an exception.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { transpileModule, ModuleKind, ScriptTarget } from "typescript";
import { EngineProcess, runToEnd, type Outcome } from "./engineProcess";

const checkout = path.dirname(__dirname);
const PACKAGE = path.join("node_modules", "pulumi-google-workspace-mail");

/** A project that names no plugin. */
export const PLAIN_PROJECT = { "Pulumi.yaml": "name: test\nruntime: nodejs\n" };

/** Where the plugin is, for programs that use it: the package that `node_modules` holds. */
const PROJECT = `${PLAIN_PROJECT["Pulumi.yaml"]}plugins:
  providers:
    - name: google-workspace-mail
      path: ${PACKAGE}
`;

export interface StackOptions {
  /** A folder under examples/, copied as it is; what names the checkout as the plugin's folder names the package here. */
  example?: string;
  /** Instead of an example: the TypeScript text of a program; what it exports are the outputs. */
  program?: string;
  /** What every program of this stack goes through, the first as well as each later one. */
  rewrite?: (program: string) => string;
  stackName?: string;
  /** On top of the engine's own; variables of this process that speak to Pulumi or Google are left out. */
  env: Record<string, string>;
  config?: Config;
  /** Written into the project's folder, for Assets. */
  files?: Record<string, string | Uint8Array>;
  /** The checkout or an installed project: where node_modules is. */
  modulesOf?: string;
  /** Folders to put first on PATH, for the language host of a project that is not in TypeScript. */
  path?: string[];
  /** The CLI itself runs TypeScript programs, as our commands have it do: see languageHost.cjs. */
  languageHost?: boolean;
  /** A command that does what the CLI does, through the Automation API of another language: see tests/drivers. */
  driver?: string[];
}

export type Config = Record<string, string | { value: string; secret?: boolean }>;

export interface OperationOptions {
  refresh?: boolean;
  /** Exit code 7 (4 before engine 3.24x) where there is a change. */
  expectNoChanges?: boolean;
  /** Anything else the CLI takes, such as --replace URN. */
  args?: string[];
  env?: Record<string, string>;
  /** The engine writes no events down, which costs time: the outcome has its text and exit code only. */
  withoutEvents?: boolean;
}

type Verb = "up" | "preview" | "refresh" | "destroy";

/** Opens a stack of its own; `dispose` it in the end, which also ends what is left of its processes. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const { findEngine } = await import("../tools/engine/find.mjs");
  const stack = new Stack(await findEngine(), options);
  try {
    await stack.initialise(options);
    return stack;
  } catch (error) {
    stack.dispose();
    throw error;
  }
}

export class Stack {
  readonly name: string;
  readonly workDir: string;
  readonly home: string;
  readonly #root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "google-workspace-mail-stack-"));
  readonly #modules: string;
  readonly #env: Record<string, string>;
  readonly #driver: string[] | undefined;
  readonly #rewrite: (program: string) => string;
  #operations = 0;

  constructor(
    private readonly engine: string,
    options: StackOptions,
  ) {
    this.name = options.stackName ?? "test";
    this.workDir = path.join(this.#root, "project");
    this.home = path.join(this.#root, "home");
    this.#modules = path.join(options.modulesOf ?? checkout, "node_modules");
    this.#driver = options.driver;
    this.#rewrite = options.rewrite ?? ((text) => text);
    const host = options.languageHost ? [path.join(this.#root, "bin")] : [];
    const folders = [...host, ...(options.path ?? []), ...engineFolders(engine, this.#modules)];
    this.#env = { ...engineEnvironment(this.#root), PATH: folders.join(path.delimiter), ...options.env };
  }

  async initialise(options: StackOptions): Promise<void> {
    for (const folder of ["project", "home", "backend", "bin"]) fs.mkdirSync(path.join(this.#root, folder));
    if (options.languageHost) writeLanguageHost(path.join(this.#root, "bin"));
    fs.symlinkSync(this.#modules, path.join(this.workDir, "node_modules"));
    if (options.example !== undefined) this.#copyExample(options.example);
    else this.writeFiles({ "Pulumi.yaml": PROJECT });
    if (options.program !== undefined) this.setProgram(options.program);
    this.writeFiles(options.files ?? {});
    await this.#must(["stack", "init", this.name]);
    await this.setConfig(options.config ?? {});
  }

  up(options: OperationOptions = {}): Promise<Outcome> {
    return this.start("up", options).then(({ finished }) => finished);
  }

  preview(options: OperationOptions = {}): Promise<Outcome> {
    return this.start("preview", options).then(({ finished }) => finished);
  }

  refresh(options: OperationOptions = {}): Promise<Outcome> {
    return this.start("refresh", options).then(({ finished }) => finished);
  }

  destroy(options: OperationOptions = {}): Promise<Outcome> {
    return this.start("destroy", options).then(({ finished }) => finished);
  }

  /** The same, but at once: for tests that send signals while it runs. */
  async start(verb: Verb, options: OperationOptions = {}): Promise<EngineProcess> {
    const events = path.join(this.#root, `events-${++this.#operations}.json`);
    const wanted = ["--stack", this.name];
    if (!options.withoutEvents) wanted.push(`--event-log=${events}`);
    if (options.refresh) wanted.push("--refresh");
    if (options.expectNoChanges) wanted.push("--expect-no-changes");
    wanted.push(...(options.args ?? []));
    const [command = "", ...first] = this.#driver ?? [this.engine];
    return EngineProcess.start({
      command,
      args: [...first, verb, ...(this.#driver ? [] : plainFlags(verb)), ...wanted],
      cwd: this.workDir,
      env: { ...this.#env, ...options.env },
      events,
      program: this.#runsProgram(verb, options) ? path.join(this.workDir, "index.js") : undefined,
      home: this.home,
    });
  }

  /** Whether the CLI wants a TypeScript program to be run beside it. */
  #runsProgram(verb: Verb, { args = [] }: OperationOptions): boolean {
    if (!fs.existsSync(path.join(this.workDir, "index.js"))) return false;
    return verb === "up" || verb === "preview" || args.includes("--run-program");
  }

  /** Any other command of the CLI, such as `state rename` or, after a kill, `cancel --yes`. */
  run(args: string[], stdin?: string): Promise<Outcome> {
    return runToEnd(this.engine, [...args, "--non-interactive"], { cwd: this.workDir, env: this.#env }, stdin);
  }

  /** A Node.js program in the project's folder that runs the CLI itself. */
  drive(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
    return runToEnd(process.execPath, args, { cwd: this.workDir, env: { ...this.#env, ...env } });
  }

  /** Takes the lock of a killed operation away. */
  async cancel(): Promise<void> {
    await this.#must(["cancel", "--yes", "--stack", this.name]);
  }

  async setConfig(config: Config): Promise<void> {
    const plain: string[] = [];
    for (const [key, entry] of Object.entries(config)) {
      const { value, secret } = typeof entry === "string" ? { value: entry, secret: false } : entry;
      if (!secret) plain.push("--plaintext", `${key}=${value}`);
      // Through stdin: a secret in the arguments would be in the process list.
      else await this.#must(["config", "set", "--secret", key, "--stack", this.name], value);
    }
    if (plain.length > 0) await this.#must(["config", "set-all", "--stack", this.name, ...plain]);
  }

  /** The deployment as the backend keeps it: secrets encrypted. */
  async exportState(): Promise<unknown> {
    return JSON.parse((await this.#must(["stack", "export", "--stack", this.name])).stdout) as unknown;
  }

  async importState(deployment: unknown): Promise<void> {
    await this.#must(["stack", "import", "--stack", this.name], JSON.stringify(deployment));
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { stdout } = await this.#must(["stack", "output", "--json", "--show-secrets", "--stack", this.name]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  setProgram(original: string): void {
    const text = this.#rewrite(original);
    this.writeFiles({ "index.ts": text, "index.js": compile(text) });
  }

  writeFiles(files: Record<string, string | Uint8Array>): void {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(this.workDir, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    }
  }

  /** Every file that the engine wrote, for a search for secrets: backend, home, event logs, the stack's settings. */
  engineFiles(): string[] {
    return fs
      .readdirSync(this.#root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .filter((entry) => entry.parentPath !== this.workDir || /^Pulumi\..+\.yaml$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name));
  }

  dispose(): void {
    EngineProcess.endAll(this.home);
    fs.rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  #copyExample(name: string): void {
    const folder = path.join(checkout, "examples", name);
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile() || /^Pulumi\..+\.yaml$/.test(entry.name)) continue;
      fs.copyFileSync(path.join(folder, entry.name), path.join(this.workDir, entry.name));
    }
    const settings = fs.readFileSync(path.join(folder, "Pulumi.yaml"), "utf8");
    this.writeFiles({ "Pulumi.yaml": settings.replace(/(?<=^ +path: )\.\.\/\.\.$/m, PACKAGE) });
    const program = path.join(folder, "index.ts");
    if (fs.existsSync(program)) this.setProgram(fs.readFileSync(program, "utf8"));
  }

  async #must(args: string[], stdin?: string): Promise<Outcome> {
    const outcome = await this.run(args, stdin);
    if (outcome.exitCode !== 0) throw new Error(`pulumi ${args[0] ?? ""} failed: ${outcome.output}`);
    return outcome;
  }
}

/** The flags of an operation that nobody watches; the Automation API gives the like of them itself. */
function plainFlags(verb: Verb): string[] {
  const flags = ["--non-interactive", "--color=never", "--diff=false"];
  return verb === "preview" ? flags : [...flags, "--yes", "--skip-preview"];
}

/** The dynamic provider host comes from the SDK, and node is the one that runs us. */
function engineFolders(engine: string, modules: string): string[] {
  const sdk = path.join(modules, "@pulumi", "pulumi");
  return [path.dirname(process.execPath), sdk, path.dirname(engine), process.env["PATH"] ?? ""];
}

/** A `pulumi-language-nodejs` that the engine finds on PATH. */
function writeLanguageHost(folder: string): void {
  const script = `#!/bin/sh\nexec "${process.execPath}" "${path.join(__dirname, "languageHost.cjs")}" "$@"\n`;
  fs.writeFileSync(path.join(folder, "pulumi-language-nodejs"), script, { mode: 0o755 });
}

/** As facts/pulumi.md lists it. */
function engineEnvironment(root: string): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(PULUMI|GOOGLE|GCLOUD|CLOUDSDK)/.test(entry[0]),
  );
  return {
    ...Object.fromEntries(inherited),
    PULUMI_HOME: path.join(root, "home"),
    // Beside each file the backend keeps one of attributes, which it does not write in one piece: after a kill in the middle
    // the stack cannot be read any more ("failed to load checkpoint: EOF"; gocloud.dev, fileblob: setAttrs). Not so.
    PULUMI_BACKEND_URL: `file://${path.join(root, "backend")}?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE: "a passphrase for a stack that lives for minutes",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // --event-log is one of the engine's debugging options.
    PULUMI_DEBUG_COMMANDS: "true",
  };
}

function compile(text: string): string {
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023, esModuleInterop: true };
  return transpileModule(text, { compilerOptions }).outputText;
}
