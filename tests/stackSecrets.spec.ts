// Canaries in every secret of a stack, searched for in everything the engine writes: state, exports, what it prints, its
// events. An encrypted copy is right there; a copy in plain, hex or base64 is a leak. An engine run costs seconds: what the
// engine has no part in is in echoes.spec.ts and mistakes.spec.ts.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import type { Stack } from "./engine";
import { PROVIDER, type Outcome } from "./engineProcess";
import { mintPgpKey, mintPkcs12 } from "./mint";
import { ADAPTERS } from "./sessions";
import { openMailboxes, program, STACK_TIMEOUT, steps, until } from "./stackMailbox";
import { leaks, tracesOf, tracesOfArmor, tracesOfFile, tracesOfPem, tracesOfPrefix } from "./traces";
import { ADMIN, ALICE, BOB, SALES, seed, World, type Minted } from "./world";

const ACCESS_TOKEN = "google-workspace-mail:accessToken";
const quoted = (text: string): string => JSON.stringify(text);
const canary = (name: string): string => `${name}-canary-${randomBytes(12).toString("hex")}`;

for (const adapter of ADAPTERS)
  describe(`the secrets of a stack, through the ${adapter} adapter`, function () {
    this.timeout(STACK_TIMEOUT);
    const password = canary("password");
    const unmarked = canary("unmarked");
    const wrongPassword = canary("wrong-password");
    const nonsense = canary("not a key %%");
    const accessToken = canary("token");
    const misplaced = canary("misplaced");
    let world: World;
    let stack: Stack;
    let traces: Record<string, string[]>;
    let file: Buffer;
    let next: Buffer;
    let bobsKey: string;
    let openPgpKey: string;
    let unmarkedFile: Buffer;
    const printed: string[] = [];
    const debugged: string[] = [];

    before(async () => {
      world = await World.start(adapter);
      world.emulator.seed(seed());
      const keys = await Promise.all([ALICE, SALES, BOB].map((email) => world.mint(email, { keyKind: "RSA-2048" })));
      const [alice, sales, bob] = keys as [Minted, Minted, Minted];
      [file, next] = [await mintPkcs12(alice, { password }), await mintPkcs12(await world.mint(), { password })];
      const text = await mintPkcs12(sales, { password });
      unmarkedFile = await mintPkcs12(await world.mint(ADMIN), { password: unmarked });
      [bobsKey, openPgpKey] = [bob.privateKeyPem, (await mintPgpKey()).privateKey];
      traces = {
        password: tracesOf(password),
        "unmarked password": tracesOf(unmarked),
        "unmarked PKCS#12 text": tracesOfFile(unmarkedFile),
        "wrong password": tracesOf(wrongPassword),
        nonsense: tracesOf(nonsense),
        "access token": tracesOf(accessToken),
        misplaced: tracesOf(misplaced),
        "OpenPGP key": tracesOfArmor(openPgpKey),
        "PKCS#12 file": tracesOfFile(file),
        "next PKCS#12 file": tracesOfFile(next),
        "PKCS#12 text": tracesOfFile(text),
        "PEM key": tracesOfPem(bob.privateKeyPem),
        "keys inside": [alice, sales].flatMap(({ privateKeyPem }) => tracesOfPem(privateKeyPem)),
        "service-account key": tracesOfPem(world.emulator.keyFile.private_key),
        // All tokens of the emulator begin like this; each is another.
        "issued token": tracesOfPrefix("ya29."),
        assertion: tracesOfPrefix('{"alg":"RS256"'),
      };
      const config = { [ACCESS_TOKEN]: { value: accessToken, secret: true } };
      stack = await openMailboxes(world, { program: sound(text, bob), files: { "alice.p12": file }, config });
    });
    after(async () => {
      stack.dispose();
      await world.emulator.stop();
    });

    /** As careless as a program can be: nothing in it is marked as a secret. */
    const sound = (text: Buffer, { privateKeyPem, certificatePem, chainPem }: Minted): string =>
      program(
        `const plain = ${JSON.stringify(password)};`,
        `new SmimeCertificate("file", { userId: "${ALICE}", pkcs12: new pulumi.asset.FileAsset("alice.p12"), password: plain });`,
        `const pkcs12 = new pulumi.asset.StringAsset("${text.toString("base64")}");`,
        `new SmimeCertificate("text", { userId: "${ALICE}", sendAsEmail: "${SALES}", pkcs12, password: plain });`,
        `const pem = ${JSON.stringify({ privateKey: privateKeyPem, certificate: certificatePem, chain: chainPem })};`,
        `new SmimeCertificate("pem", { userId: "${BOB}", ...pem });`,
        ...(adapter === "plugin"
          ? [
              raw(
                `{ userId: "${ADMIN}", pkcs12: "${unmarkedFile.toString("base64")}", password: ${quoted(unmarked)} }`,
                "raw",
              ),
            ]
          : []),
      );

    /** Registers what it is given as it is, where the class itself marks secrets and leaves out what it does not know. */
    const raw = (args: string, name = "file"): string =>
      adapter === "plugin"
        ? `new pulumi.CustomResource("google-workspace-mail:index:SmimeCertificate", "${name}", ${args});`
        : `new SmimeCertificate("${name}", ${args});`;

    /** Keeps what a command printed and told. */
    async function kept(running: Promise<Outcome>): Promise<Outcome> {
      const outcome = await running;
      const isDebug = (event: unknown): boolean => JSON.stringify(event).includes('"prefix":"debug: "');
      printed.push(outcome.stdout, outcome.stderr, JSON.stringify(outcome.events.filter((event) => !isDebug(event))));
      debugged.push(JSON.stringify(outcome.events.filter(isDebug)));
      return outcome;
    }

    function assertNothingLeaked(...more: string[]): void {
      const files = stack.engineFiles().filter((name) => !/events-\d+\.json$/.test(name));
      const texts = [...printed, ...more, ...files.map((name) => fs.readFileSync(name, "latin1"))];
      assert.deepEqual(leaks(traces, texts), []);
      // In debug events, which nobody sees unasked, Pulumi's SDK repeats what the program passed in: but nothing of ours.
      const passedIn = [
        "password",
        "wrong password",
        "nonsense",
        "PKCS#12 text",
        "PEM key",
        "OpenPGP key",
        "misplaced",
        "unmarked password",
        "unmarked PKCS#12 text",
      ];
      assert.deepEqual(
        leaks(traces, debugged).filter((name) => !passedIn.includes(name)),
        [],
      );
    }

    it("are in no message about an access token that Google does not take and repeats", async () => {
      const message = `Invalid Credentials: Bearer ${accessToken}`;
      world.emulator.fault({ match: { path: "smimeInfo$" }, status: 401, reason: "authError", message, times: 9 });
      const refused = await kept(stack.up({ args: ["--diff"] }));
      assert.equal(refused.ok, false);
      assert.match(refused.output, /Google answered 401 .*Invalid Credentials: Bearer \[redacted\]/);
      assertNothingLeaked(JSON.stringify(await stack.exportState()));
      world.emulator.clearFaults();
      await stack.run(["config", "rm", ACCESS_TOKEN, "--stack", stack.name]);
    });

    it("are in no output, event or state file of preview --json, up --diff and a state export", async () => {
      const preview = await kept(stack.preview({ args: ["--json"] }));
      steps(preview);
      assert.ok(preview.stdout.includes('"steps"'));
      world.emulator.fault({ match: { method: "POST", path: `${BOB}/smimeInfo$` }, delayMs: 1000 });
      const up = await stack.start("up", { args: ["--diff"] });
      await until(() => world.fingerprints(BOB).length === 1, "the insert of Bob's certificate");
      const commandLines = up.commandLines();
      assert.ok(commandLines.some((line) => PROVIDER.test(line)));
      assert.deepEqual(leaks(traces, commandLines), []);
      steps(await kept(up.finished));
      assertNothingLeaked(JSON.stringify(await stack.exportState()));
    });

    it("are found by this search where Pulumi is asked to show them, and a FileAsset's bytes not even there", async () => {
      const shown = await stack.run(["stack", "export", "--show-secrets", "--stack", stack.name]);
      assert.deepEqual(leaks(traces, [shown.stdout]), [
        "password",
        ...(adapter === "plugin" ? ["unmarked password", "unmarked PKCS#12 text"] : []),
        "PKCS#12 text",
        "PEM key",
        "service-account key",
      ]);
    });

    it("are in no message about a refusal by Google that repeats them, in any encoding, nor in a refresh before it", async () => {
      stack.writeFiles({ "alice.p12": next });
      const echo = [password, Buffer.from(`: ${password}`).toString("base64url"), next.toString("base64url")].join(" ");
      world.emulator.fault({
        match: { method: "POST", path: "smimeInfo$" },
        status: 400,
        body: JSON.stringify({ error: { code: 400, message: `Bad Request: ${echo}`, status: "INVALID_ARGUMENT" } }),
      });
      const refused = await kept(stack.up({ refresh: true, args: ["--diff"] }));
      assert.equal(refused.ok, false);
      assert.match(refused.output, /Google answered 400 .*Bad Request: \[redacted\]/);
      assertNothingLeaked();
    });

    // The engine stops at the first resource that fails its check, and prints all that is wrong with that one.
    for (const [problem, line, said] of [
      [
        "values of a wrong type, an asset that is none and a secret that is misspelt",
        () =>
          raw(
            `{ userId: "${ALICE}", pkcs12: { asset: ${quoted(misplaced)} } as never,
               password: [${quoted(wrongPassword)}] as never, passwort: pulumi.secret(${quoted(misplaced)}) }`,
          ),
        [/pkcs12 must be a string or an asset/, /password must be a string/, /passwort is not a property of this/],
      ],
      [
        "PEM that is none, and a PEM private key given as certificate",
        () =>
          `new SmimeCertificate("file", { userId: "${ALICE}", privateKey: ${quoted(nonsense)},
             certificate: ${quoted(bobsKey)} });`,
        [/privateKey: /, /certificate: holds a private key/],
      ],
      [
        "an OpenPGP private key given as publicKey",
        () => `new AuditPublicKey("audit", { domain: "example.com", publicKey: ${quoted(openPgpKey)} });`,
        [/publicKey: holds a secret key/],
      ],
    ] as const) {
      it(`are not in the check failure about ${problem}, which says what is wrong`, async () => {
        stack.setProgram(program(line()));
        const refused = await kept(stack.preview({ args: ["--diff"] }));
        assert.equal(refused.ok, false);
        for (const words of said) assert.match(refused.output, words);
        assertNothingLeaked();
      });
    }

    it("are in nothing that destroy writes", async () => {
      steps(await kept(stack.destroy({ args: ["--diff"] })));
      assert.deepEqual([world.certificates(), world.certificates(ALICE, SALES), world.certificates(BOB)], [[], [], []]);
      assert.deepEqual(world.certificates(ADMIN), []);
      assertNothingLeaked();
    });
  });
