// The memory of the emulator: one world, its tokens, faults and log, and the rules of writing to it. No HTTP here.
import { createHash, randomBytes } from "node:crypto";
import type {
  AccessToken,
  Address,
  AuditKey,
  Certificate,
  Domain,
  EmulatorState,
  Fault,
  Knobs,
  LoggedRequest,
  ServiceAccount,
  User,
  World,
} from "./entities";

const MINUTE = 60_000;
const LIFETIME = 3_600_000;

export type Saved = { certificate: Certificate } | { refused: "already saved" };
export type Deleted = "deleted" | "not found" | "default in use";

export class Store {
  private world: World;
  /** By lower-case email: a domain may have ten thousand. */
  private users = new Map<string, User>();
  private clockOffset = 0;
  private tokens = new Map<string, AccessToken>();
  private audit = new Map<string, AuditKey>();
  private spent: { at: number; units: number }[] = [];
  private pendingFaults: { fault: Fault; left: number }[] = [];
  private requests: LoggedRequest[] = [];

  /** `own` is the account of the emulator's own key file: it stands in every world. */
  constructor(
    private readonly own: ServiceAccount,
    world: World,
  ) {
    this.world = world;
    this.replace(world);
  }

  /** PUT /_emulator/state: nothing of the world before stays. */
  replace(world: World): void {
    this.world = world;
    this.users = new Map(world.users.map((user) => [user.email.toLowerCase(), user]));
    this.setClock(world.now ?? new Date());
    this.tokens = new Map(world.accessTokens.map((token) => [token.token, token]));
    this.audit = new Map();
    this.spent = [];
    this.pendingFaults = [];
    this.requests = [];
  }

  get knobs(): Knobs {
    return this.world.knobs;
  }

  get trustedRoots(): World["trustedRoots"] {
    return this.world.trustedRoots;
  }

  get refreshTokens(): World["refreshTokens"] {
    return this.world.refreshTokens;
  }

  /** The clock of certificates and keys. Tokens live by the real one. */
  now(): Date {
    return new Date(Date.now() + this.clockOffset);
  }

  setClock(now: Date): void {
    this.clockOffset = now.getTime() - Date.now();
  }

  // Who there is

  findUser(email: string): User | undefined {
    return this.users.get(email.toLowerCase());
  }

  findAddress(user: User, email: string): Address | undefined {
    return user.addresses.find((address) => same(address.email, email));
  }

  findDomain(name: string): Domain | undefined {
    return this.world.domains.find((domain) => same(domain.name, name));
  }

  domainOf(user: User): Domain | undefined {
    return this.findDomain(user.email.slice(user.email.lastIndexOf("@") + 1));
  }

  isAdmin(email: string, domain: Domain): boolean {
    return domain.admins.some((admin) => same(admin, email));
  }

  /** As the seed spells it: a user, or an administrator who has no mailbox. */
  findAccount(email: string): string | undefined {
    const admins = this.world.domains.flatMap((domain) => domain.admins);
    return this.findUser(email)?.email ?? admins.find((admin) => same(admin, email));
  }

  findServiceAccount(email: string): ServiceAccount | undefined {
    return this.serviceAccounts().find((account) => same(account.email, email));
  }

  private serviceAccounts(): ServiceAccount[] {
    return [...this.world.serviceAccounts, this.own];
  }

  // Tokens

  issueToken(grant: { user: string | undefined; scopes: string[]; byConsent: boolean }): string {
    const token = `ya29.${randomBytes(48).toString("base64url")}`;
    this.tokens.set(token, { ...grant, token, expiresAt: Date.now() + LIFETIME });
    return token;
  }

  findToken(token: string): AccessToken | undefined {
    const found = this.tokens.get(token);
    return found?.expiresAt !== undefined && found.expiresAt <= Date.now() ? undefined : found;
  }

  /** False when the minute's quota is used up; then nothing is charged. A minute of our clock, so that a test can let it pass. */
  charge(units: number): boolean {
    const limit = this.world.knobs.unitsPerMinute;
    if (limit === null) return true;
    const at = this.now().getTime();
    this.spent = this.spent.filter((each) => Math.abs(at - each.at) < MINUTE); // the clock may be set back, too
    const used = this.spent.reduce((sum, each) => sum + each.units, 0);
    if (used + units > limit) return false;
    this.spent.push({ at, units });
    return true;
  }

  // Certificates

  save(address: Address, facts: Omit<Certificate, "id" | "isDefault">): Saved {
    const before = address.certificates;
    if (this.knobs.duplicateInsert === "refuse" && before.some((each) => each.fingerprint === facts.fingerprint)) {
      return { refused: "already saved" };
    }
    const id = `ANe1Bm${randomBytes(24).toString("base64url")}`;
    const certificate = { ...facts, id, isDefault: this.knobs.firstInsertBecomesDefault && before.length === 0 };
    this.write(address, [...before, certificate]);
    return { certificate };
  }

  makeDefault(address: Address, id: string): boolean {
    if (!address.certificates.some((each) => each.id === id)) return false;
    this.write(
      address,
      address.certificates.map((each) => ({ ...each, isDefault: each.id === id })),
    );
    return true;
  }

  /** `byHand`: an administrator is never refused. */
  remove(address: Address, id: string, byHand: boolean): Deleted {
    const gone = address.certificates.find((each) => each.id === id);
    if (gone === undefined) return "not found";
    const rest = address.certificates.filter((each) => each.id !== id);
    if (!gone.isDefault || rest.length === 0) {
      this.write(address, rest);
      return "deleted";
    }
    if (this.knobs.deleteDefault === "refuse" && !byHand) return "default in use";
    const last = rest.reduce((best, each) => (each.expiration >= best.expiration ? each : best));
    const promoted = this.knobs.deleteDefault === "promote" ? last.id : undefined;
    this.write(
      address,
      rest.map((each) => ({ ...each, isDefault: each.id === promoted })),
    );
    return "deleted";
  }

  private write(address: Address, certificates: readonly Certificate[]): void {
    const listsLeft = this.knobs.listLag;
    if (listsLeft > 0) address.lagging.push({ before: address.certificates, listsLeft });
    address.certificates = certificates;
  }

  /** What a list reply shows: each write only after knob listLag replies. */
  list(address: Address): readonly Certificate[] {
    const shown = address.lagging[0]?.before ?? address.certificates;
    for (const write of address.lagging) write.listsLeft -= 1;
    address.lagging = address.lagging.filter((write) => write.listsLeft > 0);
    return shown;
  }

  saveAuditKey(domain: Domain, publicKey: string, fingerprint: string): { id: string; updated: string } {
    const updated = this.now().toISOString();
    this.audit.set(domain.name, { publicKey, fingerprint, updated });
    return { id: createHash("sha256").update(fingerprint).digest("hex").slice(0, 16), updated };
  }

  // Faults and the log

  addFaults(faults: Fault[]): void {
    this.pendingFaults.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })));
  }

  clearFaults(): void {
    this.pendingFaults = [];
  }

  /** The first match in posting order; used up after its `times`. */
  takeFault(method: string, path: string): Fault | undefined {
    const found = this.pendingFaults.find(({ fault, left }) => {
      const wanted = fault.match.method ?? method;
      return left > 0 && wanted.toUpperCase() === method && new RegExp(fault.match.path).test(path);
    });
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.fault;
  }

  log(request: LoggedRequest): void {
    this.requests.push(request);
  }

  logged(): LoggedRequest[] {
    return this.requests.map((request) => ({ ...request }));
  }

  clearLog(): void {
    this.requests = [];
  }

  state(): EmulatorState {
    const users = this.world.users.map((user) => {
      const sendAs = user.addresses.map(
        (address) => [address.email, { smimeInfo: address.certificates.map(stateOf) }] as const,
      );
      return [user.email, { sendAs: Object.fromEntries(sendAs) }] as const;
    });
    return { users: Object.fromEntries(users), audit: Object.fromEntries(this.audit) };
  }
}

function stateOf(certificate: Certificate) {
  const { id, isDefault, issuerCn, expiration, fingerprint } = certificate;
  return { id, isDefault, issuerCn, expiration: String(expiration), fingerprint };
}

/** Addresses and domains compare without case. */
export function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
