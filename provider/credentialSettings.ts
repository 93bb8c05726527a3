/** Which credential a run uses: what the settings and the environment hold, in the order that README, "Credentials", gives. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isStandIn, notCredentials, parseCredentialFile, type FileContent } from "./google/credentialFile";
import type { Caller, Credential } from "./google/credentials";
import { MailKeyError } from "./mailKeyError";
import { filled, findSetting, rankOf, type Found, type SettingName, type Sources } from "./settings";

/**
 * The nearest source wins: the stack's configuration, then the variables made for Workspace, then those that other Google
 * providers read as well. In one source an access token goes before a file, and a file before a refresh token.
 * `serviceAccount` makes of the chosen one the caller that asks IAM to sign, unless that one was set nearer to the stack.
 */
export function findCredential(sources: Sources, tokenUrl: string): Credential {
  const chosen = (["accessToken", "credentials", "refreshToken"] as const)
    .flatMap((name) => optional(findSetting(name, sources), (found) => ({ name, found })))
    .sort((one, other) => rankOf(one.found) - rankOf(other.found))[0];
  const account = findSetting("serviceAccount", sources);
  if (account?.explicit) addressOf(account);
  try {
    if (!chosen) return account ? keyless(account, withoutSettings(sources, tokenUrl)) : { kind: "missing" };
    const { holder, serviceAccount } = read(chosen, sources, tokenUrl);
    if (account && rankOf(account) <= rankOf(chosen.found)) return keyless(account, holder, serviceAccount);
    if (serviceAccount !== undefined) return keyless({ ...chosen.found, value: serviceAccount }, holder);
    return holder.kind === "federated" ? needsAccount(holder.source) : holder;
  } catch (error) {
    // what lies about in the environment must not stop a preview, which needs no credentials
    if (chosen?.found.explicit === true || !(error instanceof MailKeyError)) throw error;
    return { kind: "missing", why: error.message };
  }
}

interface Chosen {
  readonly name: Extract<SettingName, "accessToken" | "credentials" | "refreshToken">;
  readonly found: Found;
}
interface Read {
  readonly holder: Exclude<Caller, { kind: "metadataServer" }>;
  readonly serviceAccount?: string;
}

function read({ name, found }: Chosen, sources: Sources, tokenUrl: string): Read {
  const { value, source } = found;
  switch (name) {
    case "accessToken":
      return { holder: { kind: "accessToken", token: readToken(value, source), source } };
    case "credentials":
      return readFile(value, source, tokenUrl);
    case "refreshToken": {
      const [clientId, clientSecret] = (["clientId", "clientSecret"] as const).map((part) => {
        const half = findSetting(part, sources);
        if (half) return half.value;
        throw new MailKeyError(
          `${source} needs google-workspace-mail:${part} too: the OAuth client it was granted to.`,
        );
      }) as [string, string];
      return { holder: { kind: "authorizedUser", clientId, clientSecret, refreshToken: value.trim(), source } };
    }
  }
}

/** What an HTTP header cannot hold is no token, and would fail there as if Google did not answer. */
function readToken(value: string, source: string): string {
  const token = value.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new MailKeyError(`${source} is no access token: it must be one line without spaces.`);
}

function readFile(value: string, source: string, tokenUrl: string): FileContent {
  const json = value.trimStart().startsWith("{") ? value : readText(value.trim(), source);
  return parseCredentialFile(json, source, tokenUrl);
}

/** A credential file has 1 to 3 KiB. Anything but a small file could hold up, or fill, every process that starts. */
const MOST_BYTES = 64 * 1024;

function readText(path: string, source: string): string {
  if (path.length > 4096 || /[\n{}]/.test(path)) throw notCredentials(source);
  try {
    const file = statSync(path);
    if (file.isFile() && file.size <= MOST_BYTES) return readFileSync(path, "utf8");
  } catch {
    // said below, like what is a folder, a pipe or far too large
  }
  throw new MailKeyError(
    `${source}: the credential file cannot be read. Check the path, its permissions, and that it is a file of at most 64 KiB.`,
  );
}

/** A service account that signs for itself needs no IAM. */
function keyless(account: Found, caller: Caller, named?: string): Credential {
  const email = addressOf(account);
  if (caller.kind === "serviceAccount" && caller.email.toLowerCase() === email) return caller;
  const passedOver = named !== undefined && named.toLowerCase() !== email && { passedOver: named };
  return { kind: "keyless", email, caller, source: account.source, ...passedOver };
}

function addressOf({ value, source }: Found): string {
  const email = value.trim().toLowerCase();
  if (/^[^\s@/:]+@[^\s@/:]+$/.test(email)) return email;
  throw new MailKeyError(
    `${source} must be a service account's address, such as mail-keys@PROJECT.iam.gserviceaccount.com.`,
  );
}

/**
 * Application default credentials beyond the settings: what gcloud wrote for this user, else the metadata server. They are
 * of Google Cloud itself: a stand-in for Google gets them only where a variable names them.
 */
function withoutSettings({ environment }: Sources, tokenUrl: string): Caller {
  const [named, host] = ["CLOUDSDK_CONFIG", "GCE_METADATA_HOST"].map((name) => filled(environment[name])?.trim());
  const elsewhere = isStandIn(tokenUrl);
  const path = join(named ?? gcloudFolder(environment), "application_default_credentials.json");
  if ((named !== undefined || !elsewhere) && existsSync(path)) {
    const source = `gcloud's ${path}`;
    return parseCredentialFile(readText(path, source), source, tokenUrl).holder;
  }
  if (elsewhere && host === undefined) throw new MailKeyError(NOT_THE_MACHINES);
  return { kind: "metadataServer", source: "the metadata server", ...(host !== undefined && { host }) };
}

const NOT_THE_MACHINES =
  "Nothing says who asks IAM to sign. With google-workspace-mail:endpoint set, this machine's own credentials for Google " +
  "Cloud are not sent there. Next: set google-workspace-mail:accessToken or credentials, or name the metadata server in " +
  "GCE_METADATA_HOST, or gcloud's folder in CLOUDSDK_CONFIG.";

function gcloudFolder(environment: Sources["environment"]): string {
  const roaming = process.platform === "win32" ? environment["APPDATA"] : undefined;
  return roaming === undefined ? join(environment["HOME"] ?? homedir(), ".config", "gcloud") : join(roaming, "gcloud");
}

function needsAccount(source: string): Credential {
  throw new MailKeyError(
    `${source}: a federated identity has no mailbox and no delegation of its own. Next: set google-workspace-mail:serviceAccount to the service account with domain-wide delegation that it may sign for.`,
  );
}

function optional<T, U>(value: T | undefined, make: (value: T) => U): U[] {
  return value === undefined ? [] : [make(value)];
}
