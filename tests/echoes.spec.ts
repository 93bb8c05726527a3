// Every API, every status, every encoding: a server that repeats the secrets it was sent learns that none of them comes
// out again, in no error, message or state that is not the program's own.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { SettingName } from "../provider/settings";
import { EchoServer, ENCODINGS, ISSUED, type Stage } from "./echoServer";
import { mintPgpKey, mintPkcs12 } from "./mint";
import { ADAPTERS } from "./sessions";
import { Story, type Program } from "./story";
import { leaks, tracesOf, tracesOfFile, tracesOfPem, tracesOfPrefix } from "./traces";
import { ADMIN, certificate, NOW, World } from "./world";

const STATUSES = [200, 302, 400, 401, 403, 404, 409, 429, 500];
/** With characters that URLs, JSON and base64url write otherwise. */
const canary = (name: string): string => `${name}"canary"/+?${randomBytes(9).toString("base64")}`;

for (const adapter of ADAPTERS)
  describe(`what a server repeats of a secret, through the ${adapter} adapter`, () => {
    const server = new EchoServer();
    const secrets = {
      password: canary("pass word"),
      token: canary("tok"),
      refresh: canary("ref"),
      client: canary("cli"),
    };
    let world: World;
    let programs: Record<"certificate" | "audit", Program>;
    let credentials: Record<string, Partial<Record<SettingName, string>>>;
    let traces: Record<string, string[]>;

    before(async () => {
      world = await World.start(adapter);
      await server.start();
      const key = await world.mint();
      const file = await mintPkcs12(key, { password: secrets.password });
      const args = { pkcs12: file.toString("base64"), password: secrets.password };
      programs = {
        certificate: { alice: certificate(key, args) },
        audit: {
          audit: {
            token: "AuditPublicKey",
            args: { domain: "example.com", publicKey: (await mintPgpKey()).publicKey },
          },
        },
      };
      const { token_uri: _elsewhere, ...keyFile } = world.emulator.keyFile;
      const user = { clientId: "client", clientSecret: secrets.client, refreshToken: secrets.refresh };
      credentials = {
        "service-account key": { credentials: JSON.stringify(keyFile) },
        "access token": { accessToken: secrets.token },
        "refresh token": user,
        "keyless by access token": { serviceAccount: keyFile.client_email, accessToken: secrets.token },
        "keyless by refresh token": { serviceAccount: keyFile.client_email, ...user },
      };
      traces = {
        ...Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, tracesOf(secret)])),
        "issued token": tracesOf(ISSUED.token),
        "signature of IAM": tracesOf(ISSUED.jwt),
        "signature of the key": tracesOfPrefix('{"alg":"RS256"'),
        "service-account key": tracesOfPem(keyFile.private_key),
        "PKCS#12 file": tracesOfFile(file),
        "key inside": tracesOfPem(key.privateKeyPem),
      };
    });
    after(async () => {
      server.stop();
      await world.emulator.stop();
    });

    /** All that an up with this credential says when `stage` is refused. */
    async function said(credential: string, stage: Stage, status: number, encoding: string): Promise<string> {
      const encode = ENCODINGS[encoding] ?? assert.fail(encoding);
      server.echo = { stage, status, encode };
      server.refusals = 0;
      const config = { ...credentials[credential], endpoint: server.url, adminEmail: ADMIN };
      const story = new Story({ adapter, config, environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW } });
      const { errors, failures, messages } = await story.up(programs[stage === "audit" ? "audit" : "certificate"]);
      assert.ok(server.refusals > 0, `${stage} was asked: ${JSON.stringify([errors, failures])}`);
      return JSON.stringify([errors, failures, messages]);
    }

    const cases: [credential: string, stages: Stage[]][] = [
      ["service-account key", ["exchange", "list", "insert", "audit"]],
    ];
    // How a token comes about is the same under both adapters.
    const more: typeof cases = [
      ["access token", ["list", "insert", "audit"]],
      ["refresh token", ["refresh"]],
      ["keyless by access token", ["signJwt", "exchange"]],
      ["keyless by refresh token", ["refresh", "signJwt"]],
    ];
    for (const [credential, stages] of adapter === "plugin" ? cases : [...cases, ...more])
      for (const stage of stages) {
        it(`is not told at any status: ${stage}, with ${credential}`, async () => {
          for (const [index, status] of STATUSES.entries()) {
            const encodings = Object.keys(ENCODINGS);
            const text = await said(credential, stage, status, encodings[index % encodings.length] ?? "plain");
            assert.deepEqual(leaks(traces, [text, unescaped(text)]), [], `${String(status)}: ${text}`);
          }
        });

        // What an adapter adds to an error does not depend on the encoding.
        if (adapter === "plugin") continue;
        it(`is not told in any encoding: ${stage}, with ${credential}`, async () => {
          for (const encoding of Object.keys(ENCODINGS)) {
            const text = await said(credential, stage, 403, encoding);
            assert.deepEqual(leaks(traces, [text, unescaped(text)]), [], `${encoding}: ${text}`);
            assert.match(text, /403.*\[redacted\]/, `${encoding}: ${text}`);
          }
        });
      }
  });

const unescaped = (json: string): string => json.replaceAll('\\"', '"').replaceAll("\\\\", "\\");
