// Who may ask IAM to sign, each as a platform team has it, and what the identity server is asked before IAM is.
import { makeAccount } from "./emulatorClient";
import { AUDIENCE, federation, SUBJECT_TOKEN } from "./identityServer";
import { CALLER_CLIENT, CALLER_TOKENS, DELEGATED, type Held, type KeylessWorld } from "./keylessWorld";

interface Caller {
  readonly by: string;
  readonly held: (keyless: KeylessWorld) => Held;
  readonly asked: readonly string[];
}

export const EXCHANGE = "POST /v1/token";
const METADATA = "GET /computeMetadata/v1/instance/service-accounts/default/token";
const IMPERSONATION = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${DELEGATED}:generateAccessToken`;

/** As `gcloud auth application-default login` writes it. */
export const gcloudUser = (more: object = {}): string => JSON.stringify({ ...GCLOUD_USER, ...more });
export const GCLOUD_USER = {
  type: "authorized_user",
  client_id: CALLER_CLIENT,
  client_secret: "client-secret-canary",
  refresh_token: "refresh-canary-0001",
};

export const withAccount = (config: Held["config"], environment: Record<string, string> = {}): Held => ({
  config: { serviceAccount: DELEGATED, ...config },
  environment,
});

export const federated = (
  { stsUrl: token_url }: KeylessWorld,
  source: object,
  environment: Record<string, string> = {},
): Held => withAccount({ credentials: federation(source, { token_url }) }, environment);

export const byFile = (keyless: KeylessWorld): Held =>
  federated(keyless, { file: keyless.file("subject", SUBJECT_TOKEN) });

export const onMetadata = ({ identity }: KeylessWorld): Held => withAccount({}, { GCE_METADATA_HOST: identity.host });

export const byExecutable = (keyless: KeylessWorld, program: string, more: object = {}): Held => {
  const command = `"${process.execPath}" ${keyless.file("vouch.js", program)} "two words"`;
  return federated(keyless, { executable: { command, ...more } }, { GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: "1" });
};

/** As Google documents an executable; it vouches only where it was told what for. */
export const VOUCHES = `
  const { GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: audience, GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: token_type } = process.env;
  const id_token = process.argv[2] === "two words" && audience === "${AUDIENCE}" ? "${SUBJECT_TOKEN}" : undefined;
  const expiration_time = Math.floor(Date.now() / 1000) + 60;
  console.log(JSON.stringify({ version: 1, success: true, token_type, id_token, expiration_time }));`;

const byUrl = (path: string, format?: object) => (keyless: KeylessWorld) =>
  federated(keyless, {
    url: `${keyless.identity.url}/${path}`,
    headers: { Authorization: "Bearer of-the-job" },
    format,
  });

const jsonFile = (keyless: KeylessWorld): Held =>
  federated(keyless, {
    file: keyless.file("subject.json", JSON.stringify({ t: SUBJECT_TOKEN })),
    format: { type: "json", subject_token_field_name: "t" },
  });

function anotherKey(): Held {
  const { email, privateKey } = makeAccount("caller@p.iam.gserviceaccount.com");
  const private_key = privateKey.export({ type: "pkcs8", format: "pem" });
  return withAccount({ credentials: JSON.stringify({ type: "service_account", client_email: email, private_key }) });
}

/** No setting names the account: the file does. */
const namingFile = (keyless: KeylessWorld): Held => ({
  config: {
    credentials: federation(
      { file: keyless.file("subject", SUBJECT_TOKEN) },
      { token_url: keyless.stsUrl, service_account_impersonation_url: IMPERSONATION },
    ),
  },
});

const impersonatingUser = (): Held => ({
  config: {
    credentials: JSON.stringify({
      type: "impersonated_service_account",
      service_account_impersonation_url: IMPERSONATION,
      source_credentials: GCLOUD_USER,
    }),
  },
});

export const CALLERS: readonly Caller[] = [
  { by: "a ready access token", held: () => withAccount({ accessToken: CALLER_TOKENS[0] }), asked: [] },
  { by: "gcloud's user", held: () => withAccount({ credentials: gcloudUser() }), asked: ["POST /token"] },
  { by: "another service account's key", held: anotherKey, asked: ["POST /token"] },
  { by: "the metadata server", held: onMetadata, asked: [METADATA] },
  { by: "a file of text", held: byFile, asked: [EXCHANGE] },
  { by: "a file of JSON", held: jsonFile, asked: [EXCHANGE] },
  { by: "a URL of text", held: byUrl("subject"), asked: ["GET /subject", EXCHANGE] },
  {
    by: "a URL of JSON",
    held: byUrl("subject.json", { type: "json", subject_token_field_name: "value" }),
    asked: ["GET /subject.json", EXCHANGE],
  },
  { by: "an executable", held: (keyless) => byExecutable(keyless, VOUCHES), asked: [EXCHANGE] },
  { by: "a file that names the account itself", held: namingFile, asked: [EXCHANGE] },
  { by: "gcloud's user who impersonates the account", held: impersonatingUser, asked: ["POST /token"] },
];
