// startEmulator(): the emulator inside this process. The command line (main.ts) is this and a printed line.
import { createPublicKey, randomBytes, randomInt, type KeyObject } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { Control, type CertificateByHand } from "./control";
import type { EmulatorState, Fault, LoggedRequest, Seed, ServiceAccount } from "./entities";
import { defaultSeed, ownScopes, readSeed } from "./seed";
import { listen, serve, stop } from "./server";
import { generateRsa, SigningKey } from "./signingKey";
import { Store } from "./store";

export type { CertificateByHand } from "./control";
export type { EmulatorState, Fault, Knobs, LoggedRequest, Seed, StateCertificate } from "./entities";
export { ShapeError } from "./json";

export interface EmulatorOptions {
  /** 0 or none = any free one. */
  port?: number;
  seed?: Seed;
  latencyMs?: number;
  /** Where to write the key file of the emulator's own service account. */
  writeKey?: string;
}

/** A service-account key file, as Google's console writes it. */
export interface KeyFile {
  type: "service_account";
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  client_id: string;
  auth_uri: string;
  token_uri: string;
  universe_domain: string;
}

export interface Emulator {
  url: string;
  /** The key of the emulator's own account: all scopes, in every state, whatever the seed. */
  keyFile: KeyFile;
  state(): EmulatorState;
  requests(): LoggedRequest[];
  clearRequests(): void;
  seed(seed: Seed): void;
  fault(...faults: Fault[]): void;
  clearFaults(): void;
  addCertificate(certificate: CertificateByHand): Promise<{ id: string }>;
  deleteCertificate(user: string, sendAs: string, id: string): void;
  setDefault(user: string, sendAs: string, id: string): void;
  now(): Date;
  setClock(now: string): void;
  /** Closes kept-alive connections at once. */
  stop(): Promise<void>;
}

export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { privateKey } = await generateRsa();
  const own = ownAccount(privateKey);
  const store = new Store(own, readSeed(options.seed ?? defaultSeed));
  const { server, origin } = await listen(options.port ?? 0);
  const context = { store, origin, signingKey: new SigningKey() };
  const control = new Control(context);
  const keyFile = makeKeyFile(own, privateKey, origin);
  if (options.writeKey !== undefined)
    await writeFile(options.writeKey, JSON.stringify(keyFile, null, 2), { mode: 0o600 });
  serve(server, context, control, options.latencyMs ?? 0);
  return {
    url: origin,
    keyFile,
    state: () => control.state(),
    requests: () => control.requests(),
    clearRequests: () => control.clearRequests(),
    seed: (seed) => control.seed(seed),
    fault: (...faults) => control.fault(faults),
    clearFaults: () => control.clearFaults(),
    addCertificate: (certificate) => control.addCertificate(certificate),
    deleteCertificate: (user, sendAs, id) => control.deleteCertificate(user, sendAs, id),
    setDefault: (user, sendAs, id) => control.setDefault(user, sendAs, id),
    now: () => control.now(),
    setClock: (now) => control.setClock(now),
    stop: () => stop(server),
  };
}

function ownAccount(privateKey: KeyObject): ServiceAccount {
  return {
    email: "mail-keys@emulator.iam.gserviceaccount.com",
    clientId: `1${String(randomInt(1e9, 1e10))}${String(randomInt(1e9, 1e10))}`,
    publicKey: createPublicKey(privateKey),
    scopes: [...ownScopes],
    signJwtCallers: [],
  };
}

function makeKeyFile(own: ServiceAccount, privateKey: KeyObject, origin: string): KeyFile {
  return {
    type: "service_account",
    project_id: "emulator",
    private_key_id: randomBytes(20).toString("hex"),
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    client_email: own.email,
    client_id: own.clientId,
    auth_uri: "https://accounts.google.com/o/oauth2/auth",
    token_uri: `${origin}/token`,
    universe_domain: "googleapis.com",
  };
}
