// Secrets in our own processes: under every way to make them talk (-v=9, PULUMI_DEBUG_GRPC, NODE_DEBUG, GRPC_TRACE), in the
// process list, in files while they run, and in what is left of them when they end badly. The engine itself prints a
// program's secret inputs there; what our processes write is searched for all, and the whole for what only they know.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Stack } from "./engine";
import type { EngineProcess, Outcome } from "./engineProcess";
import { mintPkcs12 } from "./mint";
import { Overheard, ourProcesses } from "./ourProcesses";
import { ADAPTERS } from "./sessions";
import { openMailboxes, program, STACK_TIMEOUT, steps, until } from "./stackMailbox";
import { leaks, tracesOf, tracesOfFile, tracesOfPem, tracesOfPrefix } from "./traces";
import { ALICE, BOB, SALES, seed, World, type Minted } from "./world";

/** Makes a library or Node.js itself tell all that it can. */
const DEBUGGING = { NODE_DEBUG: "*", GRPC_TRACE: "all", GRPC_VERBOSITY: "DEBUG", GOOGLE_SDK_NODE_LOGGING: "*" };
const NEVER = 3_600_000;
const PASSWORD = `password-canary-${randomBytes(12).toString("hex")}`;
/** A setting that is not used, for want of a refresh token: the engine passes it on all the same. */
const SETTING = `setting-canary-${randomBytes(12).toString("hex")}`;

for (const adapter of ADAPTERS)
  describe(`what our processes tell of secrets, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    let world: World;
    let stack: Stack;
    let overheard: Overheard;
    let root: string;
    let next: Buffer;
    /** What the program passes in, and the engine therefore prints. */
    let passedIn: Record<string, string[]>;
    /** What only our processes know: credentials of the environment, and what they make of a file. */
    let ours: Record<string, string[]>;

    before(async () => {
      world = await World.start(adapter);
      world.emulator.seed(seed());
      const keys = await Promise.all([ALICE, SALES, BOB].map((email) => world.mint(email, { keyKind: "RSA-2048" })));
      const [alice, sales, bob] = keys as [Minted, Minted, Minted];
      const password = PASSWORD;
      const [file, text] = [await mintPkcs12(alice, { password }), await mintPkcs12(sales, { password })];
      const renewed = await world.mint(ALICE, { keyKind: "RSA-2048" });
      next = await mintPkcs12(renewed, { password });
      const { private_key: key } = world.emulator.keyFile;
      passedIn = {
        password: tracesOf(password),
        setting: tracesOf(SETTING),
        "PKCS#12 text": tracesOfFile(text),
        "PEM key": tracesOfPem(bob.privateKeyPem),
      };
      ours = {
        "PKCS#12 file": [...tracesOfFile(file), ...tracesOfFile(next)],
        "keys inside": [alice, sales, renewed].flatMap(({ privateKeyPem }) => tracesOfPem(privateKeyPem)),
        "service-account key": tracesOfPem(key),
        "issued token": tracesOfPrefix("ya29."),
        assertion: tracesOfPrefix('{"alg":"RS256"'),
      };
      await open(file, [
        `new SmimeCertificate("file", { userId: "${ALICE}", pkcs12: new pulumi.asset.FileAsset("alice.p12"), password });`,
        `const pkcs12 = new pulumi.asset.StringAsset("${text.toString("base64")}");`,
        `new SmimeCertificate("text", { userId: "${ALICE}", sendAsEmail: "${SALES}", pkcs12, password });`,
        `const pem = ${JSON.stringify({ privateKey: bob.privateKeyPem, certificate: bob.certificatePem, chain: bob.chainPem })};`,
        `new SmimeCertificate("pem", { userId: "${BOB}", ...pem });`,
      ]);
    });
    after(async () => {
      stack.dispose();
      fs.rmSync(overheard.folder, { recursive: true });
      await world.emulator.stop();
    });

    /** Credentials come from the environment, so that the engine has no part in them. */
    async function open(file: Buffer, lines: string[]): Promise<void> {
      overheard = new Overheard(adapter, fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-overheard-")));
      stack = await openMailboxes(world, {
        program: program(...lines),
        files: { "alice.p12": file, "Pulumi.yaml": overheard.project },
        path: [overheard.folder],
        config: {
          password: { value: PASSWORD, secret: true },
          "google-workspace-mail:clientSecret": { value: SETTING, secret: true },
        },
        env: { GOOGLEWORKSPACE_CREDENTIALS: JSON.stringify(world.emulator.keyFile) },
      });
      await stack.run(["config", "rm", "google-workspace-mail:credentials", "--stack", stack.name]);
      root = path.dirname(stack.workDir);
      for (const name of ["tmp", "user", "reports"]) fs.mkdirSync(path.join(root, name));
    }

    /** An up that hangs at `user`'s insert. */
    async function hanging(
      user: string,
      delayMs: number,
      start: Parameters<Stack["start"]>[1],
    ): Promise<EngineProcess> {
      const before = world.certificates(user).length;
      world.emulator.fault({ match: { method: "POST", path: `${user}/smimeInfo$` }, delayMs });
      const env = { TMPDIR: path.join(root, "tmp"), HOME: path.join(root, "user"), ...start?.env };
      const up = await stack.start("up", { ...start, env });
      await until(() => world.certificates(user).length > before, `the insert of ${user}'s certificate`);
      return up;
    }

    const all = (): Record<string, string[]> => ({ ...passedIn, ...ours });
    const told = ({ stdout, stderr, events }: Outcome): string[] => [stdout, stderr, JSON.stringify(events)];
    const contents = (files: readonly string[]): string[] => files.map((file) => fs.readFileSync(file, "latin1"));
    const grpcLog = (): string => path.join(root, "grpc.json");

    it("is nothing, with all debugging on, neither in their lines nor in files; and nothing of theirs is in the engine's", async () => {
      const args = ["-v=9", "--logtostderr", "--logflow"];
      const up = await hanging(BOB, 4_000, { args, env: { ...DEBUGGING, PULUMI_DEBUG_GRPC: grpcLog() } });
      const seen = ourProcesses(stack.home);
      const [written, onDisk] = [seen.flatMap((one) => one.written), contents(filesOfOthers())];
      const commands = up.commandLines();
      const outcome = await up.finished;
      steps(outcome);
      assert.ok(seen.length > 0 && commands.length > seen.length, "ours and the engine's are running");
      assert.deepEqual([written, leaks(all(), commands), leaks(all(), onDisk)], [[], [], []]);
      assert.deepEqual(leaks(all(), contents(filesOfOthers())), []);
      // What it was started with, which a plugin cannot hide from its own user: the engine adds PULUMI_CONFIG to it.
      const environments = seen.map(({ environment }) => environment);
      assert.deepEqual(
        leaks(all(), environments),
        adapter === "plugin" ? ["setting", "service-account key"] : ["service-account key"],
      );
      const lines = overheard.lines();
      assert.ok(/^\d+\n/.test(lines) && /^(NET|HTTP2|TIMER|STREAM) \d+:/m.test(lines), "they were overheard");
      assert.deepEqual(leaks(all(), [lines]), []);
      const everything = [...told(outcome), ...contents([grpcLog()])];
      assert.deepEqual(leaks(ours, everything), []);
      assert.deepEqual(
        leaks(passedIn, everything),
        Object.keys(passedIn),
        "Pulumi prints them there, as SECURITY.md says",
      );
    });

    if (adapter === "plugin")
      it("is marked as a secret in every answer of the plugin that repeats it", () => {
        const entries = fs.readFileSync(grpcLog(), "utf8").trim().split("\n");
        const answers = entries.map((line) => JSON.parse(line) as { method: string; response?: unknown });
        const plugins = answers.filter(({ method }) => method.startsWith("/pulumirpc.ResourceProvider/"));
        assert.ok(leaks(passedIn, [JSON.stringify(plugins.map(({ response }) => response))]).length > 0);
        assert.deepEqual(leaks(passedIn, [JSON.stringify(plugins.map(({ response }) => unmarked(response)))]), []);
      });

    describe("when they end badly", () => {
      afterEach(() => {
        world.emulator.clearFaults();
        for (const { id } of world.certificates(ALICE).slice(1)) world.emulator.deleteCertificate(ALICE, ALICE, id);
        for (const name of fs.readdirSync(path.join(root, "reports"))) fs.rmSync(path.join(root, "reports", name));
      });

      for (const [how, signal] of [
        ["aborted", "SIGABRT"],
        ["ended by a rejection that nobody handles and that quotes secrets", "SIGHUP"],
      ] as const) {
        // The dynamic host is Pulumi's process, and prints the words of such an error.
        if (adapter === "dynamic" && signal === "SIGHUP") continue;
        it(`is nothing, nor in a diagnostic report: ${how}`, async () => {
          const reports = path.join(root, "reports");
          stack.writeFiles({ "alice.p12": next });
          writeHook(overheard.folder);
          const report = ["on-signal", "on-fatalerror", "uncaught-exception", `directory=${reports}`];
          const options = report.map((option) => `--report-${option}`).join(" ");
          const env = { NODE_OPTIONS: `${options} --require ${overheard.folder}/hook.cjs` };
          const up = await hanging(ALICE, NEVER, { env });
          const [ourOwn] = ourProcesses(stack.home);
          assert.ok(ourOwn);
          process.kill(ourOwn.pid, "SIGUSR2");
          await until(
            () => written(reports).some((text) => text.includes(`"processId": ${String(ourOwn.pid)}`)),
            "a report",
          );
          process.kill(ourOwn.pid, signal);
          const outcome = await up.finished;
          assert.equal(outcome.ok, false);
          assert.deepEqual(leaks(all(), [...told(outcome), overheard.lines()]), []);
          // Of Pulumi's own process, a report has the environment that it was started with.
          assert.deepEqual(leaks(all(), written(reports)), adapter === "plugin" ? [] : ["service-account key"]);
          if (signal === "SIGHUP")
            assert.match(overheard.lines(), /ended by an unexpected Quoting\n +at \S+ \(.*hook\.cjs:\d+/);
        });
      }
    });

    /** Written by anybody while a stack runs, but for what this test planted or searches by itself. */
    function filesOfOthers(): string[] {
      const planted = ["index.ts", "index.js", "alice.p12"].map((name) => path.join(stack.workDir, name));
      return fs
        .readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .filter((file) => ![...planted, grpcLog()].includes(file) && !/events-\d+\.json$/.test(file));
    }

    /** Whole reports only: they are written in pieces. */
    const written = (folder: string): string[] =>
      contents(fs.readdirSync(folder).map((name) => path.join(folder, name))).filter((text) => text.endsWith("\n}\n"));
  });

/** Without the values that are marked (sdk/go/common/resource: SigKey, SecretSig). */
function unmarked(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(unmarked);
  const isSecret = Object.values(value).includes("1b47061264138c4ac30d75fd1eb44270");
  if (isSecret) return "marked";
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unmarked(part)]));
}

/** What a defect in any library could throw, in the plugin's process only. */
function writeHook(folder: string): void {
  fs.writeFileSync(path.join(folder, "secret"), PASSWORD);
  const hook = `class Quoting extends Error {}
    process.on("SIGHUP", () => {
      const secret = require("fs").readFileSync(__dirname + "/secret", "utf8");
      void Promise.reject(Object.assign(new Quoting("quotes " + secret), { config: { body: secret } }));
    });`;
  fs.writeFileSync(path.join(folder, "hook.cjs"), hook);
}
