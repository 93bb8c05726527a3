/** Which credential a run uses: the order of precedence, as the README tells it. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findCredential } from "../provider/credentialSettings";
import type { Credential } from "../provider/google/credentials";
import {
  ACCOUNT,
  CONSENT,
  FEDERATED,
  federatedJson,
  findIn,
  IMPERSONATED,
  impersonationOf,
  KEY,
  NAMED,
  tell,
  USER,
  type Config,
} from "./credentialFiles";

const STAND_IN = "http://127.0.0.1:8080/token";
const CONSENT_VARIABLES = {
  GOOGLEWORKSPACE_REFRESH_TOKEN: "r",
  GOOGLEWORKSPACE_CLIENT_ID: "c",
  GOOGLEWORKSPACE_CLIENT_SECRET: "s",
};

describe("the credential of a run", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "credentials-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const find = (config: Config, environment: Record<string, string> = {}): Credential =>
    findIn(folder, config, environment);
  const told = (config: Config, environment: Record<string, string> = {}): string => tell(find(config, environment));

  const precedence: [what: string, config: Config, environment: Record<string, string>, used: string][] = [
    ["nothing", {}, {}, "missing"],
    ["a key in the stack", { credentials: KEY }, {}, `serviceAccount of google-workspace-mail:credentials`],
    [
      "the stack before both kinds of variables",
      { credentials: USER },
      { GOOGLEWORKSPACE_ACCESS_TOKEN: "t", GOOGLE_OAUTH_ACCESS_TOKEN: "t", GOOGLE_CREDENTIALS: KEY },
      "authorizedUser of google-workspace-mail:credentials",
    ],
    [
      "a refresh token in the stack before a key in the environment",
      CONSENT,
      { GOOGLEWORKSPACE_CREDENTIALS: KEY },
      "authorizedUser of google-workspace-mail:refreshToken",
    ],
    [
      "Workspace's variables before Google's",
      {},
      { GOOGLE_OAUTH_ACCESS_TOKEN: "t", GOOGLE_CREDENTIALS: KEY, ...CONSENT_VARIABLES },
      "authorizedUser of GOOGLEWORKSPACE_REFRESH_TOKEN",
    ],
    [
      "GOOGLEWORKSPACE_CREDENTIALS before GOOGLEWORKSPACE_CLOUD_KEYFILE_JSON",
      {},
      { GOOGLEWORKSPACE_CLOUD_KEYFILE_JSON: KEY, GOOGLEWORKSPACE_CREDENTIALS: USER },
      "authorizedUser of GOOGLEWORKSPACE_CREDENTIALS",
    ],
    [
      "GOOGLE_CREDENTIALS before GOOGLE_APPLICATION_CREDENTIALS",
      {},
      { GOOGLE_APPLICATION_CREDENTIALS: KEY, GOOGLE_CREDENTIALS: USER },
      "authorizedUser of GOOGLE_CREDENTIALS",
    ],
    [
      "in one source a token before a file, and a file before a refresh token (stack)",
      { accessToken: "t", credentials: KEY, ...CONSENT },
      {},
      "accessToken of google-workspace-mail:accessToken",
    ],
    [
      "a file before a refresh token (stack)",
      { credentials: KEY, ...CONSENT },
      {},
      "serviceAccount of google-workspace-mail:credentials",
    ],
    [
      "in one source a token before a file, and a file before a refresh token (environment)",
      {},
      { GOOGLEWORKSPACE_ACCESS_TOKEN: "t", GOOGLEWORKSPACE_CREDENTIALS: KEY, ...CONSENT_VARIABLES },
      "accessToken of GOOGLEWORKSPACE_ACCESS_TOKEN",
    ],
    [
      "an OAuth client from the environment for a refresh token in the stack",
      { refreshToken: "r" },
      CONSENT_VARIABLES,
      "authorizedUser of google-workspace-mail:refreshToken",
    ],
    [
      "a service account, whose caller the token of another Google provider is",
      { serviceAccount: ACCOUNT },
      { GOOGLE_OAUTH_ACCESS_TOKEN: "t" },
      `keyless ${ACCOUNT} by accessToken of GOOGLE_OAUTH_ACCESS_TOKEN`,
    ],
    [
      "GOOGLEWORKSPACE_SERVICE_ACCOUNT, which makes of Google's variable the caller",
      {},
      { GOOGLEWORKSPACE_SERVICE_ACCOUNT: ` ${ACCOUNT.toUpperCase()}`, GOOGLE_CREDENTIALS: USER },
      `keyless ${ACCOUNT} by authorizedUser of GOOGLE_CREDENTIALS`,
    ],
    [
      "a service account of the same rank",
      {},
      { GOOGLEWORKSPACE_SERVICE_ACCOUNT: ACCOUNT, GOOGLEWORKSPACE_ACCESS_TOKEN: "t" },
      `keyless ${ACCOUNT} by accessToken of GOOGLEWORKSPACE_ACCESS_TOKEN`,
    ],
    [
      "a credential set nearer than the service account: alone",
      { accessToken: "t" },
      { GOOGLEWORKSPACE_SERVICE_ACCOUNT: ACCOUNT },
      "accessToken of google-workspace-mail:accessToken",
    ],
    [
      "the service account that another Google provider is told to impersonate: no business of ours",
      {},
      { GOOGLE_OAUTH_ACCESS_TOKEN: "t", GOOGLE_IMPERSONATE_SERVICE_ACCOUNT: NAMED },
      "accessToken of GOOGLE_OAUTH_ACCESS_TOKEN",
    ],
    [
      "blanks, which a pipeline makes of secrets that it does not have: as if they were not set",
      { accessToken: "  ", serviceAccount: "\n" },
      { GOOGLEWORKSPACE_CREDENTIALS: " \t", GOOGLE_CREDENTIALS: "\n", GOOGLE_APPLICATION_CREDENTIALS: USER },
      "authorizedUser of GOOGLE_APPLICATION_CREDENTIALS",
    ],
    [
      "a key of the very service account: it signs itself",
      { serviceAccount: ACCOUNT, credentials: KEY },
      {},
      "serviceAccount of google-workspace-mail:credentials",
    ],
    [
      "a key of another service account: it asks IAM",
      { serviceAccount: NAMED, credentials: KEY },
      {},
      `keyless ${NAMED} by serviceAccount of google-workspace-mail:credentials`,
    ],
    [
      "gcloud's file that impersonates",
      { credentials: IMPERSONATED },
      {},
      `keyless ${NAMED} by authorizedUser of google-workspace-mail:credentials`,
    ],
    [
      "a setting before what the file says to impersonate",
      { credentials: IMPERSONATED, serviceAccount: ACCOUNT },
      {},
      `keyless ${ACCOUNT} by authorizedUser of google-workspace-mail:credentials`,
    ],
    [
      "what a file near the stack says to impersonate before a variable",
      { credentials: IMPERSONATED },
      { GOOGLEWORKSPACE_SERVICE_ACCOUNT: ACCOUNT },
      `keyless ${NAMED} by authorizedUser of google-workspace-mail:credentials`,
    ],
    [
      "federation that names the account",
      { credentials: JSON.stringify({ ...federatedJson, service_account_impersonation_url: impersonationOf(NAMED) }) },
      {},
      `keyless ${NAMED} by federated of google-workspace-mail:credentials`,
    ],
    [
      "federation with the account as a setting",
      { serviceAccount: ACCOUNT },
      { GOOGLE_APPLICATION_CREDENTIALS: FEDERATED },
      `keyless ${ACCOUNT} by federated of GOOGLE_APPLICATION_CREDENTIALS`,
    ],
  ];
  for (const [what, config, environment, used] of precedence)
    it(`is, with ${what}: ${used}`, () => {
      assert.equal(told(config, environment), used);
    });

  it("is read from a path as well, with a byte-order mark or without", () => {
    const path = file("user.json", `\ufeff${USER}\n`);
    assert.equal(told({ credentials: ` ${path}\n` }), "authorizedUser of google-workspace-mail:credentials");
    assert.equal(
      told({}, { GOOGLE_APPLICATION_CREDENTIALS: path }),
      "authorizedUser of GOOGLE_APPLICATION_CREDENTIALS",
    );
  });

  describe("with a service account and nothing else", () => {
    const config = { serviceAccount: ACCOUNT };
    it("has gcloud's file for its caller, where CLOUDSDK_CONFIG or HOME says", () => {
      const inFolder = file("gcloud/application_default_credentials.json", USER);
      const inHome = file("home/.config/gcloud/application_default_credentials.json", IMPERSONATED);
      const toldIn = (environment: Record<string, string>): string => told(config, environment);
      assert.equal(
        toldIn({ CLOUDSDK_CONFIG: dirname(inFolder) }),
        `keyless ${ACCOUNT} by authorizedUser of gcloud's ${inFolder}`,
      );
      assert.equal(
        toldIn({ CLOUDSDK_CONFIG: " ", HOME: join(folder, "home") }),
        `keyless ${ACCOUNT} by authorizedUser of gcloud's ${inHome}`,
      );
    });

    it("has the metadata server, where there is no such file", () => {
      assert.equal(told(config), `keyless ${ACCOUNT} by metadataServer of the metadata server`);
    });

    it("is, at a stand-in, sent nothing of this machine's, unless a variable names it", () => {
      const home = dirname(file("home2/.config/gcloud/application_default_credentials.json", USER));
      const at = (environment: Record<string, string>): Credential =>
        findCredential({ setting: (name) => (name === "serviceAccount" ? ACCOUNT : undefined), environment }, STAND_IN);
      const found = at({ HOME: join(folder, "home2"), GCE_METADATA_HOST: " " });
      assert.match(
        found.kind === "missing" ? (found.why ?? "") : found.kind,
        /^Nothing says who asks IAM to sign\. .*are not sent there\. Next: .*GCE_METADATA_HOST.*CLOUDSDK_CONFIG/,
      );
      assert.match(tell(at({ CLOUDSDK_CONFIG: home })), /by authorizedUser of gcloud's/);
      const named = at({ HOME: join(folder, "home2"), GCE_METADATA_HOST: " 127.0.0.1:9\n" });
      const { caller } = { caller: undefined, ...named };
      assert.equal(caller?.kind === "metadataServer" && caller.host, "127.0.0.1:9");
    });

    it("says what is wrong with gcloud's file when credentials are needed, and not before", () => {
      file("broken/application_default_credentials.json", '{"type":"authorized_user","client_secret":"canary"}');
      const found = find(config, { CLOUDSDK_CONFIG: join(folder, "broken") });
      assert.ok(found.kind === "missing");
      assert.match(found.why ?? "", /^gcloud's \S+ this credential file cannot be used: it has no client_id/);
    });

    for (const wrong of ["nobody", "a@b:generateAccessToken", "a@b/c", "two@words here", "https://x/a@b"])
      it(`refuses the address ${wrong} in the preview, but in the environment only when it is needed`, () => {
        assert.throws(() => find({ serviceAccount: wrong }), /must be a service account's address/);
        const ambient = find({}, { GOOGLEWORKSPACE_SERVICE_ACCOUNT: wrong });
        assert.match(ambient.kind === "missing" ? (ambient.why ?? "") : "", /^GOOGLEWORKSPACE_SERVICE_ACCOUNT must/);
      });
  });
});
