/** Executables that vouch for a job: what they are told and not told, and what is said of those that do not vouch. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SCOPES } from "../provider/google/scopes";
import { byExecutable, federated, VOUCHES } from "./callers";
import { impersonationOf, NAMED } from "./credentialFiles";
import { AUDIENCE, SUBJECT_TOKEN } from "./identityServer";
import { KeylessWorld, type Held } from "./keylessWorld";
import { ALICE } from "./world";

describe("an executable", () => {
  let keyless: KeylessWorld;
  before(async () => {
    keyless = await KeylessWorld.start();
  });
  after(() => keyless.stop());
  beforeEach(() => {
    keyless.reset();
  });

  const refused = /gave no subject token\. Next: check the file's credential_source.*ALLOW_EXECUTABLES=1/;
  const fails = async (held: Held): Promise<void> => {
    await assert.rejects(() => keyless.tokens(held).source.token(ALICE, SCOPES.primary), refused);
    assert.deepEqual(keyless.identity.asked, []);
  };

  it("that was not allowed is not run", async () => {
    const ran = join(keyless.folder, "ran");
    const { config } = byExecutable(keyless, `require("fs").writeFileSync(${JSON.stringify(ran)}, "");${VOUCHES}`);
    await fails({ config });
    assert.ok(!existsSync(ran));
  });

  for (const [what, program] of [
    ["that ends by a signal", "process.kill(process.pid, 'SIGKILL')"],
    ["that fails", `console.log("{}"); process.exit(3)`],
    ["that says no", `console.log('{"version":1,"success":false,"code":"401","message":"canary"}')`],
    ["whose token is over", VOUCHES.replace("+ 60", "- 60")],
  ] as const)
    it(`${what} is a sentence`, () => fails(byExecutable(keyless, program)));

  it("that is not there is a sentence too, and ends nothing", () =>
    fails(
      federated(
        keyless,
        { executable: { command: "/nowhere/vouch" } },
        { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: "1" },
      ),
    ));

  it("is not run while the file it writes holds a token", async () => {
    const token = { version: 1, success: true, id_token: SUBJECT_TOKEN, expiration_time: 4102444800 };
    const output_file = keyless.file("kept.json", JSON.stringify(token));
    const held = byExecutable(keyless, "process.exit(3)", { output_file });
    assert.ok(await keyless.tokens(held).source.token(ALICE, SCOPES.primary));
  });

  describe("is told", () => {
    /** What the environment of the executable was. */
    async function told(environment: Record<string, string>, more: object = {}): Promise<Record<string, string>> {
      const path = join(keyless.folder, "environment.json");
      const tells = `require("fs").writeFileSync(${JSON.stringify(path)}, JSON.stringify(process.env));`;
      const { config, environment: allowed } = byExecutable(keyless, tells + VOUCHES);
      const credentials = JSON.stringify({ ...(JSON.parse(config.credentials ?? "") as object), ...more });
      const held = { config: { ...config, credentials }, environment: { ...environment, ...allowed } };
      assert.ok(await keyless.tokens(held).source.token(ALICE, SCOPES.primary));
      return JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
    }

    it("for whom, and as whom where the file names an account", async () => {
      const alone = await told({});
      assert.equal(alone["GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE"], AUDIENCE);
      assert.equal(alone["GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE"], "0");
      assert.equal(alone["GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL"], undefined);
      const named = await told({}, { service_account_impersonation_url: impersonationOf(NAMED) });
      assert.equal(named["GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL"], NAMED);
    });

    it("the environment, without our settings and the stack's", async () => {
      const secrets = {
        PULUMI_CONFIG: "canary",
        PULUMI_CONFIG_PASSPHRASE: "canary",
        PULUMI_CONFIG_PASSPHRASE_FILE: "canary",
        PULUMI_CONFIG_SECRET_KEYS: "canary",
        GOOGLEWORKSPACE_CLIENT_SECRET: "canary",
        GOOGLEWORKSPACE_REFRESH_TOKEN: "canary",
        GOOGLEWORKSPACE_CREDENTIALS: "canary",
      };
      const environment = await told({ ...secrets, ACTIONS_ID_TOKEN_REQUEST_URL: "of the job" });
      assert.equal(environment["ACTIONS_ID_TOKEN_REQUEST_URL"], "of the job");
      assert.ok(!JSON.stringify(environment).includes("canary"));
    });
  });
});
