// `npm start`: the quickstart example's whole life on the real engine, against a local stand-in for Google. Every claim
// is checked against that stand-in's state and its log of requests, and the exit code says whether all held.
import * as fs from "node:fs";
import * as path from "node:path";
import { startEmulator, type Emulator, type StateCertificate } from "../tests/emulator";
import { openStack, type Stack } from "../tests/engine";
import { mintAuthority, mintLeaf, mintPgpKey, mintPkcs12, type Authority, type Leaf } from "../tests/mint";
import { ours, pulumi } from "./tourCommand";
import { fleetUsers, FleetTour, openFleet } from "./tourFleet";
import { Page } from "./tourPage";

/** Left there for whoever plays the tour. */
const REPORT = path.join(__dirname, "..", "report.html");
const NOW = "2026-11-22T00:00:00Z";
const ALICE = "alice@example.com";
const SALES = "sales@example.com";
const BOB = "bob@example.com";
const PASSWORD = "swordfish";
const MAILBOXES = [
  { name: "alice", user: ALICE, address: ALICE },
  { name: "sales", user: ALICE, address: SALES },
  { name: "bob", user: BOB, address: BOB },
] as const;
type Name = (typeof MAILBOXES)[number]["name"];

class Tour {
  constructor(
    readonly page: Page,
    readonly emulator: Emulator,
    private readonly authority: Authority,
    readonly stack: Stack,
    private readonly leaves: Record<Name, Leaf>,
    private readonly auditFingerprint: string,
  ) {}

  async run(): Promise<void> {
    await this.preview();
    await this.up();
    await this.upAgain();
    const byHand = await this.drift();
    await this.repair(byHand);
    await this.rotate();
    await this.report();
    await this.refuse();
    await this.destroy(byHand);
  }

  private async preview(): Promise<void> {
    this.page.heading("Preview: what would be done");
    const outcome = await pulumi(this, "preview");
    this.page.steps(outcome);
    this.claim("all key files were opened and found right, and Google was not asked for anything", this.calls() === 0);
    this.claim("seven resources would be created", outcome.ok && outcome.changes["create"] === 8, outcome.output);
  }

  private async up(): Promise<void> {
    this.page.heading("Up: two mailboxes, one with an alias, and the audit key");
    const outcome = await pulumi(this, "up");
    this.page.steps(outcome);
    this.claim(`up succeeded, with ${this.calls()} HTTP requests`, outcome.ok, outcome.output);
    this.claimCertificates("each address has exactly its certificate, and signs with it");
    const { fingerprint } = this.emulator.state().audit["example.com"] ?? {};
    this.claim("the domain has the audit key", fingerprint === this.auditFingerprint, fingerprint);
  }

  private async upAgain(): Promise<void> {
    this.page.heading("Up again: nothing has changed");
    const outcome = await pulumi(this, "up", { expectNoChanges: true });
    this.claim("no change, and not one HTTP request", outcome.ok && this.calls() === 0, outcome.output);
  }

  /** Returns the fingerprint of what the administrator put there. */
  private async drift(): Promise<string> {
    this.page.heading("An administrator changes things by hand");
    this.page.note("alice gets another certificate as her default, and bob's is deleted");
    const other = await mintLeaf(this.authority, { emails: [ALICE] });
    const pkcs12 = await mintPkcs12(other, { password: PASSWORD });
    const { id } = await this.emulator.addCertificate({ user: ALICE, sendAs: ALICE, pkcs12, password: PASSWORD });
    this.emulator.setDefault(ALICE, ALICE, id);
    this.emulator.deleteCertificate(BOB, BOB, this.only("bob").id);
    const outcome = await ours(this, "drift");
    this.claim("exit code 7 says that there is drift", outcome.exitCode === 7, outcome.exitCode);
    const shown = outcome.stdout.split("\n").filter((line) => line.endsWith("@example.com"));
    this.claim("it is told of alice and bob, and of nobody else", sameSet(shown, [ALICE, BOB]), shown);
    this.claim("looking changed nothing: only reads and tokens", this.writes().length === 0, this.writes());
    return other.fingerprint;
  }

  private async repair(byHand: string): Promise<void> {
    this.page.heading("Up repairs it");
    const outcome = await pulumi(this, "up", { refresh: true });
    this.page.steps(outcome);
    this.claimCertificates("both sign with what the program says again", [byHand]);
    const kept = this.certificates("alice").some(({ fingerprint }) => fingerprint === byHand);
    this.claim(
      "the administrator's certificate is still there: it is not ours to delete",
      outcome.ok && kept,
      outcome.output,
    );
  }

  private async rotate(): Promise<void> {
    this.page.heading("Rotation: a new certificate in alice's key file");
    const old = this.leaves.alice;
    this.leaves.alice = await this.writeKey("alice", { emails: [ALICE], notAfter: new Date("2028-06-01T00:00:00Z") });
    const outcome = await pulumi(this, "up");
    this.page.steps(outcome);
    this.page.messages(outcome, /replaced/);
    const writes = this.writes();
    const order = writes.map((line) => line.split(" ")[0] + (line.endsWith("setDefault") ? " setDefault" : ""));
    const wanted = ["POST", "POST setDefault", "DELETE"];
    this.claim("uploaded, then made the default, and the old one deleted last", sameList(order, wanted), writes);
    this.claimCertificates("alice signs with the new one", [this.byHandOf("alice", old)]);
    const gone = !this.certificates("alice").some(({ fingerprint }) => fingerprint === old.fingerprint);
    this.claim("the old one is gone", outcome.ok && gone, outcome.output);
  }

  private async report(): Promise<void> {
    this.page.heading("All of it on one page, to open in a browser");
    const outcome = await ours(this, "report", "--live", "--out", REPORT);
    const page = fs.readFileSync(REPORT, "utf8");
    const shown = [...MAILBOXES.map(({ address }) => address), this.leaves.alice.fingerprint];
    this.claim(
      "it has every address, and the new certificate",
      outcome.ok && shown.every((each) => page.includes(each)),
    );
    this.claim("looking changed nothing", this.writes().length === 0, this.writes());
  }

  private async refuse(): Promise<void> {
    this.page.heading("A wrong certificate: bob's key file holds somebody else's");
    const right = this.leaves.bob;
    await this.writeKey("bob", { emails: ["mallory@example.net"] });
    const outcome = await pulumi(this, "preview");
    this.page.messages(outcome, /mallory/);
    const said = outcome.messages.some(({ text }) => text.includes("mallory@example.net") && text.includes(BOB));
    this.claim("refused in the preview, with the reason", !outcome.ok && said, outcome.output);
    this.claim("Google never saw it", this.calls() === 0);
    this.stack.writeFiles({ "keys/bob.p12": await mintPkcs12(right, { password: PASSWORD }) });
  }

  private async destroy(byHand: string): Promise<void> {
    this.page.heading("Destroy");
    const outcome = await pulumi(this, "destroy");
    this.page.steps(outcome);
    this.page.messages(outcome, /audit/i);
    const left = MAILBOXES.flatMap(({ name }) => this.certificates(name)).map(({ fingerprint }) => fingerprint);
    this.claim("nothing of ours is left, and the administrator's is", outcome.ok && sameList(left, [byHand]), left);
  }

  private claim(text: string, held: boolean, found?: unknown): void {
    this.page.claim(text, held, found);
  }

  /** Every address has its certificate as the default, and besides it only the `others`. */
  private claimCertificates(text: string, others: (string | undefined)[] = []): void {
    const wrong = MAILBOXES.filter(({ name }) => {
      const { fingerprint: ours } = this.leaves[name];
      const found = this.certificates(name).filter(({ fingerprint }) => !others.includes(fingerprint));
      return found.length !== 1 || found[0]?.fingerprint !== ours || !found[0].isDefault;
    });
    this.claim(
      text,
      wrong.length === 0,
      wrong.map(({ name }) => [name, this.certificates(name)]),
    );
  }

  private certificates(name: Name): StateCertificate[] {
    const { user, address } = mailbox(name);
    return this.emulator.state().users[user]?.sendAs[address]?.smimeInfo ?? [];
  }

  private only(name: Name): StateCertificate {
    const [certificate] = this.certificates(name);
    if (certificate === undefined) throw new Error(`${name} has no certificate`);
    return certificate;
  }

  private byHandOf(name: Name, old: Leaf): string | undefined {
    const ours = [old.fingerprint, this.leaves[name].fingerprint];
    return this.certificates(name).find(({ fingerprint }) => !ours.includes(fingerprint))?.fingerprint;
  }

  private calls(): number {
    return this.emulator.requests().length;
  }

  private writes(): string[] {
    const requests = this.emulator.requests().filter(({ method, path }) => method !== "GET" && path !== "/token");
    return requests.map(({ method, path }) => `${method} ${path}`);
  }

  private async writeKey(name: Name, options: { emails: string[]; notAfter?: Date }): Promise<Leaf> {
    const leaf = await mintLeaf(this.authority, options);
    this.stack.writeFiles({ [`keys/${name}.p12`]: await mintPkcs12(leaf, { password: PASSWORD }) });
    return leaf;
  }
}

function mailbox(name: Name): (typeof MAILBOXES)[number] {
  const found = MAILBOXES.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no mailbox ${name}`);
  return found;
}

function sameSet(found: string[], wanted: string[]): boolean {
  return sameList([...new Set(found)].sort(), [...wanted].sort());
}

function sameList(found: string[], wanted: string[]): boolean {
  return found.length === wanted.length && found.every((entry, index) => entry === wanted[index]);
}

/** The stack's configuration and key files, as the example's README describes them. */
async function openQuickstart(emulator: Emulator, leaves: Record<Name, Leaf>, auditKey: string): Promise<Stack> {
  const files: Record<string, string | Uint8Array> = { "keys/audit.asc": auditKey };
  const config: Record<string, { value: string; secret?: boolean }> = { auditKeyFile: { value: "keys/audit.asc" } };
  for (const { name } of MAILBOXES) {
    files[`keys/${name}.p12`] = await mintPkcs12(leaves[name], { password: PASSWORD });
    config[`${name}KeyFile`] = { value: `keys/${name}.p12` };
    config[`${name}Password`] = { value: PASSWORD, secret: true };
  }
  config["google-workspace-mail:credentials"] = { value: JSON.stringify(emulator.keyFile), secret: true };
  config["google-workspace-mail:adminEmail"] = { value: "admin@example.com" };
  config["google-workspace-mail:endpoint"] = { value: emulator.url };
  return openStack({
    example: "quickstart",
    languageHost: true,
    env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
    config,
    files,
  });
}

async function main(): Promise<void> {
  const started = Date.now();
  const page = new Page();
  page.title("S/MIME certificates of a Google Workspace domain, from preview to destroy");
  const emulator = await startEmulator();
  const stacks: Stack[] = [];
  const dispose = (): void => stacks.forEach((stack) => stack.dispose());
  // Ctrl-C reaches the engine too; what is left of it and the temporary folder go with us.
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => {
      dispose();
      process.exit(code);
    });
  }
  try {
    emulator.seed({
      now: NOW,
      domains: [{ name: "example.com", admins: ["admin@example.com"] }],
      users: [{ email: "admin@example.com" }, { email: ALICE, sendAs: [ALICE, SALES] }, { email: BOB }, ...fleetUsers],
    });
    const authority = await mintAuthority({ name: "Tour" });
    const leaves = {
      alice: await mintLeaf(authority, { emails: [ALICE], keyKind: "RSA-2048" }),
      sales: await mintLeaf(authority, { emails: [SALES] }),
      bob: await mintLeaf(authority, { emails: [BOB], keyKind: "P-384" }),
    };
    const audit = await mintPgpKey({ userIds: [{ name: "Audit", email: "audit@example.com" }] });
    page.note(
      `A stand-in for Google listens on ${emulator.url}; a root, an intermediate and three certificates are minted.`,
    );
    const quickstart = await openQuickstart(emulator, leaves, audit.publicKey);
    stacks.push(quickstart);
    await new Tour(page, emulator, authority, quickstart, leaves, audit.fingerprint).run();
    const fleet = await openFleet(emulator, authority, NOW);
    stacks.push(fleet);
    await new FleetTour(page, emulator, authority, fleet).run();
  } finally {
    dispose();
    await emulator.stop();
  }
  if (!page.close((Date.now() - started) / 1000)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
