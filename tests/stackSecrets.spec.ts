// Canaries in every secret of a stack, searched for in everything the engine writes: state, exports, what it prints, its
// events. An encrypted copy is right there; a copy in plain, hex or base64 is a leak.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import type { Stack } from "./engine";
import { PROVIDER, type Outcome } from "./engineProcess";
import { mintPgpKey, mintPkcs12 } from "./mint";
import { ADAPTERS } from "./sessions";
import { openMailboxes, program, STACK_TIMEOUT, steps, until } from "./stackMailbox";
import { tracesOf, tracesOfArmor, tracesOfFile, tracesOfPem } from "./traces";
import { ADMIN, ALICE, BOB, SALES, seed, World, type Minted } from "./world";

const FILE = 'pkcs12: new pulumi.asset.FileAsset("alice.p12")';
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
        "issued token": ["ya29.", Buffer.from("ya29.").toString("base64").slice(0, 6)],
      };
      stack = await openMailboxes(world, { program: sound(text, bob), files: { "alice.p12": file } });
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
      assert.deepEqual(leaks(texts), []);
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
        leaks(debugged).filter((name) => !passedIn.includes(name)),
        [],
      );
    }

    function leaks(texts: string[]): string[] {
      return Object.keys(traces).filter((name) =>
        traces[name]?.some((trace) => texts.some((text) => text.includes(trace))),
      );
    }

    it("are in no output, event or state file of preview --diff, up, refresh and a state export", async () => {
      steps(await kept(stack.preview({ args: ["--diff"] })));
      world.emulator.fault({ match: { method: "POST", path: `${BOB}/smimeInfo$` }, delayMs: 1000 });
      const up = await stack.start("up", { args: ["--diff"] });
      await until(() => world.fingerprints(BOB).length === 1, "the insert of Bob's certificate");
      const commandLines = up.commandLines();
      assert.ok(commandLines.some((line) => PROVIDER.test(line)));
      assert.deepEqual(leaks(commandLines), []);
      steps(await kept(up.finished));
      steps(await kept(stack.refresh({ args: ["--diff"] })));
      assertNothingLeaked(JSON.stringify(await stack.exportState()));
    });

    it("are found by this search where Pulumi is asked to show them, and a FileAsset's bytes not even there", async () => {
      const shown = await stack.run(["stack", "export", "--show-secrets", "--stack", stack.name]);
      assert.deepEqual(leaks([shown.stdout]), [
        "password",
        ...(adapter === "plugin" ? ["unmarked password", "unmarked PKCS#12 text"] : []),
        "PKCS#12 text",
        "PEM key",
        "service-account key",
      ]);
    });

    it("are in no message about a refusal by Google that repeats them, in any encoding", async () => {
      stack.writeFiles({ "alice.p12": next });
      const echo = [password, Buffer.from(password).toString("base64url"), next.toString("base64url")].join(" ");
      world.emulator.fault({
        match: { method: "POST", path: "smimeInfo$" },
        status: 400,
        body: JSON.stringify({ error: { code: 400, message: `Bad Request: ${echo}`, status: "INVALID_ARGUMENT" } }),
      });
      const refused = await kept(stack.up());
      assert.equal(refused.ok, false);
      assert.match(refused.output, /Google answered 400 .*Bad Request: \[redacted\]/);
      assertNothingLeaked();
    });

    it("are in no message about an access token that Google does not take and repeats", async () => {
      await stack.setConfig({ "google-workspace-mail:accessToken": { value: accessToken, secret: true } });
      const message = `Invalid Credentials: Bearer ${accessToken}`;
      world.emulator.fault({ match: { path: "smimeInfo$" }, status: 401, reason: "authError", message, times: 9 });
      const refused = await kept(stack.up());
      assert.equal(refused.ok, false);
      assert.match(refused.output, /Google answered 401 .*Invalid Credentials: Bearer \[redacted\]/);
      assertNothingLeaked();
      world.emulator.clearFaults();
      await stack.run(["config", "rm", "google-workspace-mail:accessToken", "--stack", stack.name]);
      steps(await kept(stack.up()));
      assertNothingLeaked();
    });

    const onAlice = (args: string): string => `new SmimeCertificate("file", { userId: "${ALICE}", ${args} });`;
    for (const [problem, line, said] of [
      ["a wrong password", () => onAlice(`${FILE}, password: ${quoted(wrongPassword)}`), /password/],
      [
        "PKCS#12 that is not base64",
        () => onAlice(`pkcs12: ${quoted(nonsense)}`),
        /pkcs12: .*neither base64 nor base64url/,
      ],
      [
        "an asset that is not base64",
        () => onAlice(`pkcs12: new pulumi.asset.StringAsset(${quoted(nonsense)})`),
        /pkcs12: .*not base64/,
      ],
      [
        "PEM that is none",
        () => onAlice(`privateKey: ${quoted(nonsense)}, certificate: "none"`),
        /privateKey: .*certificate/s,
      ],
      [
        "a password that is a list",
        () => onAlice(`${FILE}, password: [${quoted(wrongPassword)}] as never`),
        /password must be a string/,
      ],
      [
        "an OpenPGP private key given as publicKey",
        () => `new AuditPublicKey("audit", { domain: "example.com", publicKey: ${quoted(openPgpKey)} });`,
        /publicKey: holds a secret key/,
      ],
      [
        "a PEM private key given as certificate",
        () => onAlice(`certificate: ${quoted(bobsKey)}`),
        /certificate: holds a private key/,
      ],
      [
        "a PEM private key given as certificate and marked as a secret",
        () => onAlice(`certificate: pulumi.secret(${quoted(bobsKey)})`),
        /certificate: holds a private key/,
      ],
      [
        "a secret property that is misspelt",
        () => raw(`{ userId: "${ALICE}", ${FILE}, passwort: pulumi.secret(${quoted(misplaced)}) }`),
        /passwort is not a property of this resource/,
      ],
      [
        "an asset that is none",
        () => onAlice(`pkcs12: { asset: ${quoted(misplaced)} } as never`),
        /pkcs12 must be a string or an asset/,
      ],
    ] as const) {
      it(`are not in the check failure about ${problem}, which says what is wrong`, async () => {
        stack.setProgram(program(line()));
        const refused = await kept(stack.preview({ args: ["--diff"] }));
        assert.equal(refused.ok, false);
        assert.match(refused.output, said);
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
