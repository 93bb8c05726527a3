// Credential files as Google writes them, with canaries in what is secret, and how a spec tells which credential was found.
import { findCredential } from "../provider/credentialSettings";
import type { Caller, Credential } from "../provider/google/credentials";
import type { SettingName } from "../provider/settings";
import { makeAccount } from "./emulatorClient";
import { federation } from "./identityServer";

const TOKEN_URL = "https://oauth2.googleapis.com/token";
export const ACCOUNT = "mail-keys@p.iam.gserviceaccount.com";
export const NAMED = "named@p.iam.gserviceaccount.com";
export const impersonationOf = (email: string): string =>
  `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;

const key = makeAccount(ACCOUNT);
export const keyJson = {
  type: "service_account",
  client_email: ACCOUNT,
  client_id: "112233",
  private_key_id: "k1",
  private_key: key.privateKey.export({ type: "pkcs8", format: "pem" }),
  token_uri: TOKEN_URL,
};
export const userJson = {
  type: "authorized_user",
  client_id: "c",
  client_secret: "canary-s",
  refresh_token: "canary-r",
};
export const federatedJson = JSON.parse(federation({ file: "/var/run/token" })) as object;
export const impersonatedJson = {
  type: "impersonated_service_account",
  service_account_impersonation_url: impersonationOf(NAMED),
  source_credentials: userJson,
  delegates: [],
};
export const [KEY, USER, FEDERATED, IMPERSONATED] = [keyJson, userJson, federatedJson, impersonatedJson].map((file) =>
  JSON.stringify(file),
) as [string, string, string, string];
export const CONSENT = { refreshToken: "r", clientId: "c", clientSecret: "s" };

export type Config = Partial<Record<SettingName, string>>;

/** `home` has no file of gcloud's, unless a spec puts it there. */
export const findIn = (home: string, config: Config, environment: Record<string, string> = {}): Credential =>
  findCredential({ setting: (name) => config[name], environment: { HOME: home, ...environment } }, TOKEN_URL);

export const tell = (credential: Credential): string => {
  if (credential.kind === "missing") return "missing";
  if (credential.kind !== "keyless") return tellCaller(credential);
  return `keyless ${credential.email} by ${tellCaller(credential.caller)}`;
};
const tellCaller = ({ kind, source }: Caller): string => `${kind} of ${source}`;
