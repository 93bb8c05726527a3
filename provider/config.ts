/** Settings, parsed once for every adapter, and the one place that puts the real clients together. */
import { constants, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { findCredential } from "./credentialSettings";
import { AUDIT_URL, EmailAudit } from "./google/emailAudit";
import type { Address } from "./google/address";
import { Gmail, GMAIL_URL } from "./google/gmail";
import { Identity } from "./google/identity";
import { OBSERVED, Observer, type Told } from "./google/observer";
import { SendAs } from "./google/sendAs";
import { GOOGLE_TOKEN_URL, TokenSource } from "./google/tokens";
import { Transport, type TransportOptions } from "./google/transport";
import { Claims, type Severity } from "./lifecycle";
import { MailKeyError, printable } from "./mailKeyError";
import { OpenedFiles } from "./resources/openedFiles";
import type { Services } from "./resources/services";
import { filled, findSetting, type Found, type Sources } from "./settings";

/** What varies, handed in: the engine's settings, the environment, time, chance, the network, and where messages go. */
export interface World extends Omit<TransportOptions, "now">, Sources {
  readonly now: () => Date;
  readonly log: (severity: Severity, message: string) => void;
}

export function servicesFor(world: World): Services {
  const endpoint = findSetting("endpoint", world);
  const origin = endpoint && parseOrigin(endpoint);
  if (endpoint && !endpoint.explicit)
    world.log("info", `Google APIs are taken from ${endpoint.value} (${endpoint.source}).`);
  const tokenUrl = origin === undefined ? GOOGLE_TOKEN_URL : `${origin}/token`;
  const transport = new Transport({ ...world, ...unitsPerMinute(world) });
  const credential = findCredential(world, tokenUrl);
  const adminEmail = findSetting("adminEmail", world)?.value;
  const today = clock(world, origin);
  const tell = teller(world.environment[OBSERVED]);
  const looking = (gmail: Gmail, brief: Gmail) => {
    const observer = tell && new Observer(gmail, brief, (seen) => tell({ at: today().toISOString(), ...seen }));
    return observer && ((address: Address) => observer.list(address));
  };
  const clientsOver = (transport: Transport) => {
    const { now, environment } = world;
    const around = { transport, tokenUrl, now, environment, ...(origin !== undefined && { iamOrigin: origin }) };
    const tokens = new TokenSource(credential, around);
    const gmailOver = (transport: Transport): Gmail => new Gmail(origin ?? GMAIL_URL, tokens, transport);
    const gmail = gmailOver(transport);
    const sendAs = new SendAs(gmail, transport, looking(gmail, gmailOver(transport.brief())));
    return { tokens, sendAs, emailAudit: new EmailAudit(origin ?? AUDIT_URL, tokens, transport, adminEmail) };
  };
  const { tokens, sendAs, emailAudit } = clientsOver(transport);
  // with tokens of its own: resources that wait for the same one must not be given up after two tries
  const brief = transport.brief();
  return {
    sendAs,
    emailAudit,
    identity: new Identity({ ...clientsOver(brief), transport: brief, adminEmail }),
    impersonates: () => tokens.impersonates,
    readFile,
    environment: (name) => world.environment[name],
    elapsed: world.elapsed,
    status: (line) => world.onWait?.(printable(line)),
    leafRead: ({ fingerprint, subject, issuerCn, notBefore, expiration }) =>
      tell?.({ leaf: { fingerprint, subject, issuerCn, notBefore, expiration } }),
    now: today,
    log: once(world.log),
    claims: new Claims(),
    opened: new OpenedFiles(),
  };
}

/** The engine checks a replacement twice: what that says is told once. */
function once(log: World["log"]): World["log"] {
  const told = new Set<string>();
  return (severity, message) => {
    if (!told.has(message)) log(severity, printable(message));
    told.add(message);
  };
}

/** Undefined: Google's usual quota. */
function unitsPerMinute(world: World): Pick<TransportOptions, "unitsPerMinute"> {
  const found = findSetting("unitsPerMinute", world);
  if (!found) return {};
  if (/^[1-9]\d{0,8}$/.test(found.value)) return { unitsPerMinute: Number(found.value) };
  throw new MailKeyError(`${found.source} must be a whole number of quota units, such as 1200000.`);
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

/** Undefined where nobody looks on. A line is one write, so that the lines of several processes do not mix. */
function teller(file: string | undefined): ((told: Told) => void) | undefined {
  const name = filled(file);
  if (name === undefined) return undefined;
  const opened = openObservations(name);
  return (told) => writeSync(opened, `${JSON.stringify(told)}\n`);
}

/** Never made here: whoever wants to be told has made it, for nobody else to read. */
function openObservations(file: string): number {
  try {
    return openSync(file, constants.O_WRONLY | constants.O_APPEND);
  } catch {
    throw new MailKeyError(`${OBSERVED} names a file that cannot be written. Unset it: only commands of ours set it.`);
  }
}

/** A stand-in for Google may have a clock of its own; real Google never does. */
function clock(world: World, origin: string | undefined): () => Date {
  const text = filled(world.environment["GOOGLE_WORKSPACE_MAIL_NOW"]);
  if (text === undefined || origin === undefined || !isLoopback(new URL(origin))) return world.now;
  const instant = Date.parse(text);
  if (Number.isNaN(instant))
    throw new MailKeyError("GOOGLE_WORKSPACE_MAIL_NOW must be an RFC 3339 time, such as 2026-11-22T00:00:00Z.");
  return () => new Date(instant);
}

async function readFile(path: string, limit: number): Promise<Uint8Array> {
  // a named pipe that nobody writes to would never be opened
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (!file) throw new Error(`the file ${path} cannot be read`);
  try {
    const stat = await file.stat();
    const { size } = stat;
    if (!stat.isFile()) throw new Error(`the file ${path} is no regular file but a folder, a pipe or a device`);
    if (size > limit) throw new Error(`the file ${path} is larger than ${String(limit / 1024)} KiB`);
    const buffer = Buffer.alloc(limit + 1);
    const { bytesRead } = await file.read(buffer, 0, limit + 1, 0);
    return Uint8Array.prototype.slice.call(buffer, 0, bytesRead); // a view would take all of the buffer to other threads
  } catch (error) {
    throw error instanceof Error && error.message.startsWith("the file")
      ? error
      : new Error(`the file ${path} cannot be read`);
  } finally {
    await file.close();
  }
}
