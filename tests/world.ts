/** What most specs start from: one emulator, a small CA, the seed's mailboxes, and programs about them. */
import assert from "node:assert/strict";
import { startEmulator, type Emulator, type LoggedRequest, type Seed, type StateCertificate } from "./emulator";
import { mintAuthority, mintLeaf, mintPkcs12, type Authority, type Leaf, type LeafOptions } from "./mint";
import type { Adapter } from "./sessions";
import { output, Story, type Declared, type Outcome, type Program, type Settings } from "./story";

export const NOW = "2026-11-22T00:00:00Z";
export const ALICE = "alice@example.com";
export const SALES = "sales@example.com";
export const BOB = "bob@example.com";
export const ADMIN = "admin@example.com";
export const PASSWORD = "correct horse battery staple";

export const seed = (knobs: Seed["knobs"] = {}, rest: Seed = {}): Seed => ({
  now: NOW,
  domains: [{ name: "example.com", admins: [ADMIN] }],
  users: [{ email: ADMIN }, { email: ALICE, sendAs: [ALICE, SALES] }, { email: BOB }],
  accessTokens: [
    { token: "alice-own-token", user: ALICE, scopes: ["https://www.googleapis.com/auth/gmail.settings.basic"] },
  ],
  ...rest,
  knobs,
});

export interface Minted extends Leaf {
  /** Base64 of the PKCS#12, under {@link PASSWORD}. */
  readonly pkcs12: string;
  readonly bytes: Buffer;
}

export class World {
  constructor(
    readonly emulator: Emulator,
    readonly authority: Authority,
    /** Through which the stories of this world go. */
    readonly adapter: Adapter = "dynamic",
  ) {}

  static async start(adapter?: Adapter): Promise<World> {
    const [emulator, authority] = await Promise.all([startEmulator(), mintAuthority()]);
    return new World(emulator, authority, adapter);
  }

  /** A certificate with its key, valid from 2026-06-01 to 2027-11-01 unless told otherwise. */
  async mint(email = ALICE, options: Partial<LeafOptions> = {}): Promise<Minted> {
    const leaf = await mintLeaf(this.authority, { emails: [email], ...options });
    const bytes = await mintPkcs12(leaf, { password: PASSWORD });
    return { ...leaf, bytes, pkcs12: bytes.toString("base64") };
  }

  /** Its waits cost nothing, and the emulator's clock moves on by them. */
  story(settings: Partial<Settings> = {}): Story {
    const config = {
      credentials: JSON.stringify(this.emulator.keyFile),
      endpoint: this.emulator.url,
      adminEmail: ADMIN,
    };
    const onWait = (milliseconds: number): void =>
      this.emulator.setClock(new Date(this.emulator.now().getTime() + milliseconds).toISOString());
    const { adapter } = this;
    return new Story({ adapter, config, environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW }, onWait, ...settings });
  }

  certificates(user = ALICE, address = user): StateCertificate[] {
    return this.emulator.state().users[user]?.sendAs[address]?.smimeInfo ?? [];
  }

  fingerprints(user = ALICE, address = user): string[] {
    return this.certificates(user, address).map((certificate) => certificate.fingerprint);
  }

  /** The default's fingerprint. */
  default(user = ALICE, address = user): string | undefined {
    return this.certificates(user, address).find((certificate) => certificate.isDefault)?.fingerprint;
  }

  idOf({ fingerprint }: Leaf, user = ALICE, address = user): string {
    const found = this.certificates(user, address).find((certificate) => certificate.fingerprint === fingerprint);
    assert.ok(found, `${address} has the certificate`);
    return found.id;
  }

  /** What an administrator uploads by hand. */
  async byHand({ pkcs12 }: Minted, user = ALICE): Promise<string> {
    return (await this.emulator.addCertificate({ user, sendAs: user, pkcs12, password: PASSWORD })).id;
  }

  /** Uses up the replies of a list that lags, as time would. */
  async letListsCatchUp({ certificatePem }: Minted): Promise<void> {
    const nobody: Declared = { token: "SmimeCertificate", args: { userId: ALICE, certificate: certificatePem } };
    for (let replies = 0; replies < 3; replies += 1) await this.story().up({ nobody });
  }

  /** What was asked of Google, in order, in short: `insert`, `list`, `token`… */
  verbs(): string[] {
    return this.emulator.requests().map(verb);
  }

  /** Only what changed something, or may have: neither reads nor what was refused for its rate. */
  writes(): string[] {
    const asked = this.emulator.requests().filter(({ status }) => status !== 429);
    return asked.map(verb).filter((name) => !["token", "addresses", "list", "get"].includes(name));
  }
}

export function verb({ method, path }: Pick<LoggedRequest, "method" | "path">): string {
  if (path === "/token") return "token";
  if (path.endsWith("/settings/sendAs")) return "addresses";
  if (path.endsWith("/setDefault")) return "setDefault";
  if (path.includes("/audit/publickey/")) return "audit";
  if (path.endsWith("/smimeInfo")) return method === "POST" ? "insert" : "list";
  return method === "DELETE" ? "delete" : "get";
}

export const certificate = (key: Minted, args: Record<string, unknown> = {}): Declared => ({
  token: "SmimeCertificate",
  args: { userId: ALICE, pkcs12: key.pkcs12, password: PASSWORD, ...args },
});

export const defaultOf = (certificateId: unknown, args: Record<string, unknown> = {}): Declared => ({
  token: "DefaultSmimeCertificate",
  args: { userId: ALICE, certificateId, ...args },
});

/** One mailbox with its certificate and default, as most stacks have it. */
export const mailbox = (key: Minted, args: Record<string, unknown> = {}): Program => ({
  alice: certificate(key, args),
  signs: defaultOf(output("alice", "id")),
});

/** Nothing failed; returns the steps, for comparing. */
export function clean(outcome: Outcome): Outcome["steps"] {
  assert.deepEqual({ failures: outcome.failures, errors: outcome.errors }, { failures: {}, errors: {} });
  return outcome.steps;
}

/** Every resource stays as it is. */
export function unchanged(outcome: Outcome): void {
  const steps = clean(outcome);
  assert.ok(
    Object.values(steps).every((step) => step === "same"),
    JSON.stringify(steps),
  );
}
