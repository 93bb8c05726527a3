/** Every known refusal on the way to a token: what is said and to be done next, after one call. */
import assert from "node:assert/strict";
import { SCOPES } from "../provider/google/scopes";
import { byFile, EXCHANGE, federated, gcloudUser, withAccount } from "./callers";
import { impersonationOf } from "./credentialFiles";
import { federation, SUBJECT_TOKEN } from "./identityServer";
import { CALLER_TOKENS, DELEGATED, KeylessWorld, type Held } from "./keylessWorld";
import { ALICE } from "./world";

/** What Google answers, and what must be said of it. */
type Case = readonly [what: string, status: number, body: unknown, sentence: RegExp];

const oauth = (error: string, error_description?: string, more: object = {}): object => ({
  error,
  error_description,
  ...more,
});
/** As IAM has it: the reason is in the details (google.rpc.ErrorInfo). */
const rpc = (code: number, status: string, message: string, reason?: string): object => ({
  error: { code, status, message, ...(reason !== undefined && { details: [{ "@type": "ErrorInfo", reason }] }) },
});

describe("a refusal on the way to a token", () => {
  let keyless: KeylessWorld;
  before(async () => {
    keyless = await KeylessWorld.start();
  });
  after(() => keyless.stop());
  beforeEach(() => {
    keyless.reset();
  });

  const byToken = (): Held => withAccount({ accessToken: CALLER_TOKENS[0] });
  const byUser = (): Held => withAccount({ credentials: gcloudUser() });
  const byKey = (more: Held["config"] = {}): Held => ({
    config: { credentials: JSON.stringify(keyless.world.emulator.keyFile), ...more },
  });
  const consent = (): Held => ({ config: { credentials: gcloudUser() } });

  const refusal = (held: Held): Promise<string> => keyless.refusal(held);

  /** The identity server answers the addresses that match, once. */
  const answering = (divert: RegExp, status: number, body: unknown): void => {
    keyless.divert = divert;
    keyless.identity.replies = [() => ({ status, body })];
  };

  function told(step: string, divert: RegExp, held: () => Held, cases: readonly Case[]): void {
    describe(step, () => {
      for (const [what, status, body, sentence] of cases)
        it(`(${what}) is one call and one sentence`, async () => {
          answering(divert, status, body);
          assert.match(await refusal(held()), sentence);
          assert.equal(keyless.identity.asked.length, 1);
        });
    });
  }

  const SIGNATURE = oauth("invalid_grant", "Invalid JWT Signature.");
  const CLOCK = oauth(
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
  );
  const UNAUTHORIZED = oauth(
    "unauthorized_client",
    "Client is unauthorized to retrieve access tokens using this method.",
  );
  const clock = /clock is more than ten minutes off\. Next: set it/;

  told("of a service-account key's assertion", /\/token$/, byKey, [
    [
      "not delegated",
      401,
      UNAUTHORIZED,
      /^Getting an access token for alice@example\.com: Google answered 401 unauthorized_client.*authorise client ID \d+ for \S+gmail\.settings\.sharing$/,
    ],
    [
      "no such user",
      400,
      oauth("invalid_grant", "Invalid email or User ID"),
      /alice@example\.com is not a user of the domain.*Next: check the address in the Admin console's Directory/,
    ],
    ["not an address", 400, oauth("invalid_grant", "Not a valid email."), /is not a user of the domain/],
    [
      "a deleted user",
      400,
      oauth("invalid_grant", "Account has been deleted"),
      /alice@example\.com was deleted, and the keys went with the mailbox\. Next: .*pulumi state delete/,
    ],
    [
      "a revoked key",
      400,
      SIGNATURE,
      /^[^]*The key of \S+ was revoked, or the account is gone\. Next: create a new key for \S+ in the Cloud console, and set google-workspace-mail:credentials to it/,
    ],
    ["no such account", 400, oauth("invalid_grant", "Invalid grant: account not found"), /The key of .* was revoked/],
    ["a wrong clock", 400, CLOCK, clock],
    ["invalid_grant for a reason unknown", 400, oauth("invalid_grant", "Bad Request"), /Probably alice@example\.com/],
    ["an unknown key", 401, oauth("invalid_client"), /does not know this service-account key\. Next: create a new key/],
    [
      "an alias",
      400,
      oauth("invalid_request", 'Invalid impersonation "sub" field.'),
      /cannot be impersonated\. Next: use the user's full primary address/,
    ],
    [
      "a restricted account",
      400,
      oauth("access_denied", "Account restricted"),
      /restricts this account's access\. Next: /,
    ],
    ["something new", 400, oauth("new_error"), /Google answered 400 new_error\. Next: check the service account/],
    ["no JSON", 400, "<html>", /Google answered 400\b.*Next: check the service account/],
    ["a success without a token", 200, { expires_in: 3600 }, /Google answered 200\b.*Next: check the service account/],
  ]);

  told("of an assertion that IAM signed", /^http:\/\/127\.0\.0\.1:\d+\/token$/, byToken, [
    [
      "not delegated",
      401,
      UNAUTHORIZED,
      new RegExp(
        `authorise the client ID of ${DELEGATED} \\(its "Unique ID" in the Cloud console, a number\\) for \\S+sharing$`,
      ),
    ],
    ["a wrong clock", 400, CLOCK, clock],
    ["an unknown account", 401, oauth("invalid_client"), /does not know mail-keys@\S+\. Next: check the account/],
  ]);

  told("of IAM", /:signJwt$/, byToken, [
    [
      "the role is missing",
      403,
      rpc(
        403,
        "PERMISSION_DENIED",
        "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).",
        "IAM_PERMISSION_DENIED",
      ),
      /^Getting a signature of mail-keys@\S+ from IAM: Google answered 403 IAM_PERMISSION_DENIED.*The access token in google-workspace-mail:accessToken may not sign.*roles\/iam\.serviceAccountTokenCreator\) on mail-keys@\S+, to itself where it is the same account, and check the address in google-workspace-mail:serviceAccount\.$/,
    ],
    [
      "the API is off",
      403,
      rpc(
        403,
        "PERMISSION_DENIED",
        "IAM Service Account Credentials API has not been used in project 1 before or it is disabled.",
        "SERVICE_DISABLED",
      ),
      /API is off in the project\. Next: gcloud services enable iamcredentials\.googleapis\.com$/,
    ],
    [
      "a scope is missing",
      403,
      rpc(
        403,
        "PERMISSION_DENIED",
        "Request had insufficient authentication scopes.",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
      ),
      /lacks a scope\. Next: get one with https:\/\/www\.googleapis\.com\/auth\/cloud-platform/,
    ],
    [
      "no such account",
      404,
      rpc(404, "NOT_FOUND", "Not found; Gaia id not found for email"),
      /There is no service account mail-keys@\S+\. Next: check its address in google-workspace-mail:serviceAccount/,
    ],
    [
      "the caller's token is over",
      401,
      rpc(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
      /is not accepted\. Next: check google-workspace-mail:accessToken\.$/,
    ],
    [
      "an invalid argument",
      400,
      rpc(400, "INVALID_ARGUMENT", "Invalid"),
      /Next: check google-workspace-mail:accessToken\.$/,
    ],
    ["a success without a signature", 200, {}, /Google answered 200\b.*Next: check/],
  ]);

  for (const [what, named, sentence] of [
    [
      "another account",
      "ci@p.iam.gserviceaccount.com",
      / itself \(not ci@p\.iam\.gserviceaccount\.com, which its file names\) asks, and may not sign for this account.* on mail-keys@/,
    ],
    [
      "the same account",
      DELEGATED.toUpperCase(),
      /The federated identity of google-workspace-mail:credentials may not sign for this/,
    ],
  ] as const)
    it(`of IAM, to a federated identity whose file names ${what}, says who asks`, async () => {
      const { stsUrl: token_url } = keyless;
      const service_account_impersonation_url = impersonationOf(named);
      const file = keyless.file("subject", SUBJECT_TOKEN);
      const credentials = federation({ file }, { token_url, service_account_impersonation_url });
      keyless.world.emulator.fault({ match: { path: ":signJwt$" }, times: 1, status: 403 });
      assert.match(await refusal(withAccount({ credentials })), sentence);
    });

  describe("of IAM, to gcloud's user", () => {
    for (const [reason, sentence] of [
      [
        "USER_PROJECT_DENIED",
        /Next: gcloud auth application-default set-quota-project PROJECT.*Service Usage Consumer/,
      ],
      [
        "SERVICE_DISABLED",
        /services enable iamcredentials\.googleapis\.com, and gcloud auth application-default set-quota/,
      ],
    ] as const)
      it(`(${reason}) speaks of the quota project`, async () => {
        keyless.divert = /:signJwt$/;
        const body = rpc(403, "PERMISSION_DENIED", "No.", reason);
        const grant = { access_token: CALLER_TOKENS[0], expires_in: 3600 };
        keyless.identity.replies = [() => ({ status: 200, body: grant }), () => ({ status: 403, body })];
        assert.match(await refusal(byUser()), sentence);
      });
  });

  const refreshCases: readonly Case[] = [
    [
      "revoked",
      400,
      oauth("invalid_grant", "Token has been expired or revoked."),
      /has expired or was revoked.*Next: consent again, and put the new one into google-workspace-mail:credentials/,
    ],
    [
      "to be signed in again",
      400,
      oauth("invalid_grant", "reauth related error (invalid_rapt)", { error_subtype: "invalid_rapt" }),
      /sign in again from time to time.*Next: gcloud auth application-default login/,
    ],
    [
      "a deleted client",
      401,
      oauth("deleted_client"),
      /OAuth client caller-client.*Next: check the client in the Cloud/,
    ],
    ["a wrong secret", 401, oauth("invalid_client"), /OAuth client caller-client/],
    ["another client", 401, oauth("unauthorized_client", "Unauthorized"), /OAuth client caller-client/],
    [
      "the domain's policy",
      400,
      oauth("admin_policy_enforced"),
      /Next: in the Admin console.*allow client caller-client/,
    ],
    ["a client of another organisation", 400, oauth("org_internal"), /does not let this OAuth client act for the user/],
    ["something new", 400, oauth("new_error"), /Next: check google-workspace-mail:credentials\.$/],
  ];
  told("of a user's consent", /\/token$/, consent, refreshCases);
  told("of gcloud's user, who asks IAM", /\/token$/, byUser, refreshCases);

  told("of Google's security token service", /\/v1\/token$/, () => byFile(keyless), [
    [
      "the audience or a condition",
      400,
      oauth("invalid_target", 'The target service indicated by the "audience" parameters is invalid.'),
      /^Getting a token of the federated identity of google-workspace-mail:credentials: Google answered 400 invalid_target.*Next: check the audience in google-workspace-mail:credentials, and the attribute conditions/,
    ],
    [
      "an attribute condition",
      401,
      oauth("unauthorized_client", "rejected by the attribute condition"),
      /attribute conditions/,
    ],
  ]);

  it("of the key of another account, who asks IAM, speaks of that key", async () => {
    answering(/\/token$/, 400, SIGNATURE);
    assert.match(await refusal(byKey({ serviceAccount: DELEGATED })), /The key of \S+ was revoked.*create a new key/);
  });

  for (const [what, source] of [
    ["a file that is not there", { file: "/nowhere/token" }],
    ["a file that is empty", { file: "/dev/null" }],
    ["none", {}],
  ] as const)
    it(`of a subject token (${what}) says where to look, and asks Google nothing`, async () => {
      assert.match(
        await refusal(federated(keyless, source)),
        /gave no subject token\. Next: check the file's credential_source/,
      );
      assert.deepEqual(keyless.identity.asked, []);
    });

  it("is asked again at once by the next call: nothing of it is kept", async () => {
    const { source } = keyless.tokens(byFile(keyless));
    keyless.world.emulator.fault({ match: { path: ":signJwt$" }, times: 1, status: 403 });
    await assert.rejects(() => source.token(ALICE, SCOPES.primary), /may not sign/);
    assert.ok(await source.token(ALICE, SCOPES.primary));
    assert.deepEqual(keyless.identity.paths(), [EXCHANGE]);
    assert.deepEqual(keyless.asked(), { signed: 2, exchanged: 1 });
  });
});
