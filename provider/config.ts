/** Settings, parsed once for every adapter, and the one place that puts the real clients together. */
import { open } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { GOOGLE_TOKEN_URL, parseServiceAccount, TokenSource, type Credential } from "./google/credentials";
import { AUDIT_URL, EmailAudit } from "./google/emailAudit";
import { Gmail, GMAIL_URL } from "./google/gmail";
import { SendAs } from "./google/sendAs";
import { Transport, type TransportOptions } from "./google/transport";
import { Claims, type Severity } from "./lifecycle";
import { MailKeyError } from "./mailKeyError";
import type { Services } from "./resources/services";

/**
 * The settings of the stack, `google-workspace-mail:KEY`: what each is for, and the variables that stand in for it. Those
 * are the names that Terraform's provider, gcloud and Pulumi's Google providers use (facts google F); the first set wins.
 */
export const settingsFields = {
  credentials: {
    secret: true,
    description: "The JSON of a service-account key with domain-wide delegation, or its path.",
    environment: [
      "GOOGLEWORKSPACE_CREDENTIALS",
      "GOOGLEWORKSPACE_CLOUD_KEYFILE_JSON",
      "GOOGLE_CREDENTIALS",
      "GOOGLE_APPLICATION_CREDENTIALS",
    ],
  },
  accessToken: {
    secret: true,
    description: "A ready access token, for one mailbox or for the audit key.",
    environment: ["GOOGLEWORKSPACE_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"],
  },
  adminEmail: {
    secret: false,
    description: "The administrator on whose behalf the audit key is uploaded.",
    environment: ["GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL"],
  },
  endpoint: {
    secret: false,
    description: "Another origin for all Google APIs: https, or http on loopback.",
    environment: ["GOOGLE_WORKSPACE_MAIL_ENDPOINT"],
  },
} as const;
export type SettingName = keyof typeof settingsFields;

/** What varies, handed in: the engine's settings, the environment, time, chance, the network, and where messages go. */
export interface World extends Omit<TransportOptions, "now"> {
  readonly setting: (name: SettingName) => string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly log: (severity: Severity, message: string) => void;
}

interface Found {
  readonly value: string;
  /** How to name it in a message. */
  readonly source: string;
  readonly explicit: boolean;
}

export function servicesFor(world: World): Services {
  const endpoint = find("endpoint", world);
  const origin = endpoint && parseOrigin(endpoint);
  if (endpoint && !endpoint.explicit)
    world.log("info", `Google APIs are taken from ${endpoint.value} (${endpoint.source}).`);
  const tokenUrl = origin === undefined ? GOOGLE_TOKEN_URL : `${origin}/token`;
  const transport = new Transport(world);
  const credential = findCredential(world, tokenUrl);
  const tokens = new TokenSource(credential, tokenUrl, transport, world.now);
  const adminEmail = find("adminEmail", world)?.value;
  return {
    sendAs: new SendAs(new Gmail(origin ?? GMAIL_URL, tokens, transport), transport),
    emailAudit: new EmailAudit(origin ?? AUDIT_URL, tokens, transport, adminEmail),
    impersonates: () => credential.kind === "serviceAccount",
    readFile,
    now: clock(world, origin),
    log: once(world.log),
    claims: new Claims(),
  };
}

/** The engine checks a replacement twice: what that says is told once. */
function once(log: World["log"]): World["log"] {
  const told = new Set<string>();
  return (severity, message) => {
    if (!told.has(message)) log(severity, message);
    told.add(message);
  };
}

/** The stack's settings before the environment's. */
function find(name: SettingName, { setting, environment }: World): Found | undefined {
  const configured = setting(name);
  if (configured) return { value: configured, source: `google-workspace-mail:${name}`, explicit: true };
  for (const variable of settingsFields[name].environment) {
    const value = environment[variable];
    if (value) return { value, source: variable, explicit: false };
  }
  return undefined;
}

/** A token goes to no other host: https where the stack says so, loopback from the environment too (design: Security). */
function parseOrigin({ value, source, explicit }: Found): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const loopback = url !== undefined && isLoopback(url);
  const allowed =
    url && !url.username && ["", "/"].includes(url.pathname) && (loopback || (explicit && url.protocol === "https:"));
  if (allowed) return url.origin;
  const rule = explicit
    ? "an https origin, or http on loopback"
    : "a loopback origin: others must be set in the stack's configuration";
  throw new MailKeyError(`${source} must be ${rule}, such as http://127.0.0.1:8080. Nothing was sent.`);
}

const isLoopback = ({ protocol, hostname }: URL): boolean =>
  ["http:", "https:"].includes(protocol) &&
  (["localhost", "[::1]"].includes(hostname) || /^127(\.\d+){3}$/.test(hostname));

/** A stand-in for Google may have a clock of its own; real Google never does. */
function clock(world: World, origin: string | undefined): () => Date {
  const text = world.environment["GOOGLE_WORKSPACE_MAIL_NOW"];
  if (!text || origin === undefined || !isLoopback(new URL(origin))) return world.now;
  const instant = Date.parse(text);
  if (Number.isNaN(instant))
    throw new MailKeyError("GOOGLE_WORKSPACE_MAIL_NOW must be an RFC 3339 time, such as 2026-11-22T00:00:00Z.");
  return () => new Date(instant);
}

/**
 * A stack's token, a stack's key, then the same two from the environment: first by the variables made for Workspace, then
 * by those that other Google providers read as well.
 */
function findCredential(world: World, tokenUrl: string): Credential {
  const rank = ({ explicit, source }: Found): number => (explicit ? 0 : source.startsWith("GOOGLEWORKSPACE_") ? 1 : 2);
  const found = (["accessToken", "credentials"] as const).flatMap((name) => {
    const setting = find(name, world);
    return setting ? [{ name, ...setting }] : [];
  });
  const [chosen] = found.sort((one, other) => rank(one) - rank(other));
  if (!chosen) return { kind: "missing" };
  const { name, value, source, explicit } = chosen;
  if (name === "accessToken") return { kind: "accessToken", token: value.trim(), source };
  try {
    const json = value.trimStart().startsWith("{") ? value : readKeyFile(value.trim(), source);
    return parseServiceAccount(json, source, tokenUrl);
  } catch (error) {
    // what lies about in the environment must not stop a preview, which needs no credentials
    if (explicit || !(error instanceof MailKeyError)) throw error;
    return { kind: "missing", why: error.message };
  }
}

function readKeyFile(path: string, source: string): string {
  if (path.length > 4096 || /[\n{}]/.test(path))
    throw new MailKeyError(`${source}: this is neither the JSON of a service-account key nor the path of one.`);
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new MailKeyError(
      `${source}: the service-account key file cannot be read. Check the path and its permissions.`,
    );
  }
}

async function readFile(path: string, limit: number): Promise<Uint8Array> {
  const file = await open(path).catch(() => undefined);
  if (!file) throw new Error(`the file ${path} cannot be read`);
  try {
    const { size } = await file.stat();
    if (size > limit) throw new Error(`the file ${path} is larger than ${String(limit / 1024)} KiB`);
    const buffer = Buffer.alloc(limit + 1);
    const { bytesRead } = await file.read(buffer, 0, limit + 1, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw error instanceof Error && error.message.startsWith("the file")
      ? error
      : new Error(`the file ${path} cannot be read`);
  } finally {
    await file.close();
  }
}
