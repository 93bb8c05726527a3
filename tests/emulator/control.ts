// What a test or an administrator does to the emulator from outside. The HTTP endpoints and startEmulator() both come here.
import type { EmulatorState, Fault, LoggedRequest } from "./entities";
import { isObject, readCount, readChoice, readObject, readString, readInstant, ShapeError } from "./json";
import type { Context } from "./request";
import { addCertificate } from "./routes/smimeInfo";
import { readSeed } from "./seed";

export interface CertificateByHand {
  user: string;
  sendAs: string;
  /** Base64 or base64url when it is a text. */
  pkcs12: string | Uint8Array;
  password?: string;
}

/** Names a user, an address or a certificate that is not there. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}

export class Control {
  constructor(private readonly context: Context) {}

  seed(seed: unknown): void {
    this.context.store.replace(readSeed(seed));
  }

  state(): EmulatorState {
    return this.context.store.state();
  }

  requests(): LoggedRequest[] {
    return this.context.store.logged();
  }

  clearRequests(): void {
    this.context.store.clearLog();
  }

  fault(faults: unknown): void {
    const list: unknown[] = Array.isArray(faults) ? faults : [faults];
    this.context.store.addFaults(list.map(readFault));
  }

  clearFaults(): void {
    this.context.store.clearFaults();
  }

  now(): Date {
    return this.context.store.now();
  }

  setClock(now: unknown): void {
    this.context.store.setClock(readInstant(now, "now"));
  }

  async addCertificate(value: unknown): Promise<{ id: string }> {
    const file = readObject(value, "certificate", ["user", "sendAs", "pkcs12", "password"]);
    const address = this.address(readString(file["user"], "user"), readString(file["sendAs"], "sendAs"));
    const password = file["password"] ?? "";
    if (typeof password !== "string") throw new ShapeError("password must be a text");
    const pkcs12 = readBytes(file["pkcs12"]);
    const outcome = await addCertificate(this.context, address, { pkcs12, password }, false);
    if ("refused" in outcome) throw new ShapeError(`the certificate is refused: ${outcome.refused}`);
    return { id: outcome.certificate.id };
  }

  deleteCertificate(user: string, sendAs: string, id: string): void {
    if (this.context.store.remove(this.address(user, sendAs), id, true) === "not found")
      throw new NotThere("certificate");
  }

  setDefault(user: string, sendAs: string, id: string): void {
    if (!this.context.store.makeDefault(this.address(user, sendAs), id)) throw new NotThere("certificate");
  }

  private address(user: string, sendAs: string) {
    const found = this.context.store.findUser(user);
    const address = found && this.context.store.findAddress(found, sendAs);
    if (address === undefined) throw new NotThere("user or address");
    return address;
  }
}

function readBytes(pkcs12: unknown): Buffer {
  if (pkcs12 instanceof Uint8Array) return Buffer.from(pkcs12);
  return Buffer.from(readString(pkcs12, "pkcs12"), "base64"); // Node reads both alphabets
}

const faultKeys = ["match", "times", "status", "reason", "message", "headers", "body", "delayMs", "drop"];

function readFault(value: unknown): Fault {
  const fault = readObject(value, "fault", faultKeys);
  const match = readObject(fault["match"], "match", ["method", "path"]);
  const path = readString(match["path"], "match.path");
  try {
    new RegExp(path);
  } catch {
    throw new ShapeError("match.path must be a regular expression");
  }
  return {
    match: { method: readText(match["method"], "match.method"), path },
    times: readCount(fault["times"] ?? undefined, "times", 1),
    status: readStatus(fault["status"]),
    reason: readText(fault["reason"], "reason"),
    message: readText(fault["message"], "message"),
    headers: readHeaders(fault["headers"] ?? {}),
    body: readText(fault["body"], "body"),
    delayMs: readCount(fault["delayMs"] ?? undefined, "delayMs", 0),
    drop: readDrop(fault["drop"]),
  };
}

function readText(value: unknown, where: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw new ShapeError(`${where} must be a text or null`);
  return value;
}

function readDrop(value: unknown): "before" | "after" | null {
  if (value === undefined || value === null) return null;
  return readChoice<"before" | "after">(value, "drop", ["before", "after"], "before");
}

function readStatus(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const status = readCount(value, "status", 0);
  if (status < 200 || status > 599) throw new ShapeError("status must be null or 200 to 599");
  return status;
}

function readHeaders(value: unknown): Record<string, string> {
  if (!isObject(value)) throw new ShapeError("headers must be an object");
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name.toLowerCase(), String(text)]));
}
