/** Credential files that cannot be used: what is said of each, that nothing waits for them, and that no secret is shown. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCredential } from "../provider/credentialSettings";
import type { Credential } from "../provider/google/credentials";
import type { SettingName } from "../provider/settings";
import {
  ACCOUNT,
  CONSENT,
  FEDERATED,
  federatedJson,
  findIn,
  impersonatedJson,
  KEY,
  keyJson,
  tell,
  USER,
  userJson,
  type Config,
} from "./credentialFiles";

describe("a credential file that cannot be used", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "credentials-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const find = (config: Config, environment: Record<string, string> = {}): Credential =>
    findIn(folder, config, environment);

  const without = (json: object, name: string, instead?: unknown): string =>
    JSON.stringify({ ...json, [name]: instead });
  const ed25519 = `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n`;
  const bad: [what: string, text: string, said: RegExp][] = [
    ...(["client_email", "private_key"] as const).flatMap((name) => wanting(keyJson, name)),
    ...(["client_id", "client_secret", "refresh_token"] as const).flatMap((name) => wanting(userJson, name)),
    ...(["audience", "subject_token_type", "token_url"] as const).flatMap((name) => wanting(federatedJson, name)),
    ...wanting(impersonatedJson, "service_account_impersonation_url"),
    ["no type", without(keyJson, "type"), /its "type" is not service_account/],
    ["another type", without(keyJson, "type", "external_account_authorized_user"), /its "type" is not service_account/],
    ["a private key that is none", without(keyJson, "private_key", "canary"), /its private_key cannot be read/],
    ["a private key that is not RSA", without(keyJson, "private_key", ed25519), /its private_key cannot be read/],
    [
      "a token_uri elsewhere",
      without(keyJson, "token_uri", "https://oauth2.googleapis.com.example.net/token"),
      /token_uri is https:\/\/oauth2\.googleapis\.com\.example\.net\/token, which is not Google's; nothing is sent/,
    ],
    ...[
      "https://sts.googleapis.com.example.net/v1/token",
      "http://sts.googleapis.com/v1/token",
      "https://sts.googleapis.com@example.net/v1/token",
      "https://example.net/sts.googleapis.com/v1/token",
      "nowhere",
    ].map((url): [string, string, RegExp] => [
      `the token_url ${url}`,
      without(federatedJson, "token_url", url),
      /token_url is .*, which is not Google's; nothing is sent/,
    ]),
    [
      "federation by certificate",
      without(federatedJson, "credential_source", { certificate: { use_default_certificate_config: true } }),
      /federation by X\.509 certificate is not supported/,
    ],
    [
      "federation that names no account, anywhere",
      FEDERATED,
      /a federated identity has no mailbox.*Next: set google-workspace-mail:serviceAccount/,
    ],
    [
      "an impersonation URL without an account",
      without(federatedJson, "service_account_impersonation_url", "https://iamcredentials.googleapis.com/"),
      /service_account_impersonation_url names no service account/,
    ],
    ["delegates", without(impersonatedJson, "delegates", ["a@b"]), /it has delegates: name one account only/],
    [
      "impersonation in impersonation",
      without(impersonatedJson, "source_credentials", impersonatedJson),
      /impersonate/,
    ],
    ["no source_credentials", without(impersonatedJson, "source_credentials"), /its "type" is not service_account/],
    ...[keyJson, userJson, federatedJson, { ...impersonatedJson, source_credentials: null }].map(
      (json): [string, string, RegExp] => [
        `another universe (${String((json as { type?: unknown }).type)})`,
        without(json, "universe_domain", "apis-example.goog"),
        /is for apis-example\.goog \(its universe_domain\), and Gmail is at googleapis\.com only\. Next: make one/,
      ],
    ),
    [
      "another universe, inside",
      without(impersonatedJson, "source_credentials", { ...userJson, universe_domain: "apis-example.goog" }),
      /is for apis-example\.goog/,
    ],
    ["a list", "[1]", /cannot be read|neither the JSON/],
    ["half a file", KEY.slice(0, 200), /neither the JSON of a credential file nor the path of one/],
    ["text", "canary canary\ncanary", /neither the JSON of a credential file nor the path of one/],
  ];
  for (const [what, text, said] of bad)
    it(`(${what}) is refused in the preview without a secret, and lying about only when it is needed`, () => {
      const refusal = refusalOf(() => find({ credentials: text }));
      assert.match(refusal, said);
      assert.match(refusal, /^google-workspace-mail:credentials: /);
      assert.doesNotMatch(refusal, /canary|PRIVATE KEY/);
      const ambient = find({}, { GOOGLE_CREDENTIALS: text });
      assert.match(ambient.kind === "missing" ? (ambient.why ?? "") : ambient.kind, said);
    });

  it("takes the regional addresses of Google's security token service", () => {
    for (const token_url of [
      "https://sts.europe-west1.rep.googleapis.com/v1/token",
      "https://sts.googleapis.com/v1/token",
    ])
      assert.equal(
        tell(find({ credentials: without(federatedJson, "token_url", token_url), serviceAccount: ACCOUNT })),
        `keyless ${ACCOUNT} by federated of google-workspace-mail:credentials`,
      );
  });

  it("takes a file that names the universe of Google itself", () => {
    const credentials = without(keyJson, "universe_domain", "googleapis.com");
    assert.equal(tell(find({ credentials })), "serviceAccount of google-workspace-mail:credentials");
  });

  it("(federation at Google's own service) is refused where the endpoint is a stand-in, which it is not sent to", () => {
    for (const [token_url, said] of [
      [
        "https://sts.googleapis.com/v1/token",
        /^google-workspace-mail:credentials: token_url is https:\S+, which is not at/,
      ],
      ["http://127.0.0.1:8081/v1/token", /token_url is \S+ which is not at google-workspace-mail:endpoint/],
      ["nowhere", /token_url is nowhere, which is not at google-workspace-mail:endpoint/],
      ["http://127.0.0.1:8080/v1/token", /^no refusal$/],
    ] as const) {
      const config: Config = { credentials: without(federatedJson, "token_url", token_url), serviceAccount: ACCOUNT };
      const sources = { setting: (name: SettingName) => config[name], environment: {} };
      const refusal = refusalOf(() => findCredential(sources, "http://127.0.0.1:8080/token"));
      assert.match(refusal, said);
    }
  });

  it("(a folder, a pipe, a gigabyte, nothing, or not for us) is refused at once", () => {
    const pipe = join(folder, "pipe");
    execFileSync("/bin/sh", ["-c", `mkfifo "${pipe}"`]);
    const large = file("large.json", "{");
    truncateSync(large, 1024 ** 3);
    const locked = file("locked.json", USER);
    chmodSync(locked, 0o000);
    const paths = [folder, pipe, large, join(folder, "none.json"), "/dev/zero", ...(isRoot() ? [] : [locked])];
    const started = performance.now();
    const before = process.memoryUsage.rss();
    for (const credentials of paths)
      assert.match(
        refusalOf(() => find({ credentials })),
        /^google-workspace-mail:credentials: the credential file cannot be read\./,
      );
    assert.ok(performance.now() - started < 20_000, "a pipe that nobody writes to would never end");
    assert.ok(process.memoryUsage.rss() - before < 512 * 1024 ** 2, "without reading it");
  });

  for (const part of ["clientId", "clientSecret"] as const)
    it(`(a refresh token without ${part}) is refused in the preview`, () => {
      const refusal = refusalOf(() => find({ ...CONSENT, [part]: "" }));
      assert.match(refusal, new RegExp(`^google-workspace-mail:refreshToken needs google-workspace-mail:${part} too`));
    });

  for (const token of ["canary canary", "canary\ncanary", "canaryü"])
    it(`(an access token that no header holds: ${JSON.stringify(token)}) is refused in the preview, unquoted`, () => {
      const refusal = refusalOf(() => find({ accessToken: token }));
      assert.equal(
        refusal,
        "google-workspace-mail:accessToken is no access token: it must be one line without spaces.",
      );
    });
});

/** Missing, empty, and not a string. */
function wanting(json: object, name: string): [string, string, RegExp][] {
  return [undefined, "", 7, { canary: "canary" }].map((value) => [
    `${name}: ${value === undefined ? "missing" : JSON.stringify(value)}`,
    JSON.stringify({ ...json, [name]: value }),
    new RegExp(`this credential file cannot be used: it has no ${name}\\. Next: `),
  ]);
}

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "no refusal";
}

const isRoot = (): boolean => process.getuid?.() === 0;
