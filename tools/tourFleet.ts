// The tour's second act: the example examples/fleet with more rows, as one resource.
import type { Emulator, StateCertificate } from "../tests/emulator";
import { openStack, type Stack } from "../tests/engine";
import { mintLeaf, mintPkcs12, type Authority } from "../tests/mint";
import { pulumi } from "./tourCommand";
import type { Page } from "./tourPage";

const PASSWORD = "swordfish";
const NUMBERS = Array.from({ length: 40 }, (_, index) => index + 1);
const userOf = (number: number): string => `user${String(number).padStart(2, "0")}@example.com`;

/** For the seed. */
export const fleetUsers = NUMBERS.map((number) => ({ email: userOf(number) }));

/** A stack of its own; `dispose` it in the end. */
export async function openFleet(emulator: Emulator, authority: Authority, now: string): Promise<Stack> {
  const files: Record<string, string | Uint8Array> = { "mailboxes.csv": csvOf(NUMBERS) };
  for (const number of NUMBERS) files[pathOf(number)] = await keyOf(authority, number, "2027-11-01T00:00:00Z");
  return openStack({
    example: "fleet",
    env: { GOOGLE_WORKSPACE_MAIL_NOW: now, KEY_PASSWORD: PASSWORD },
    config: {
      "google-workspace-mail:credentials": { value: JSON.stringify(emulator.keyFile), secret: true },
      "google-workspace-mail:endpoint": emulator.url,
    },
    files,
  });
}

const pathOf = (number: number): string => `keys/${String(number)}.p12`;

const csvOf = (numbers: readonly number[]): string =>
  numbers.map((number) => `${userOf(number)},${pathOf(number)},env:KEY_PASSWORD\n`).join("");

async function keyOf(authority: Authority, number: number, expires: string): Promise<Buffer> {
  const leaf = await mintLeaf(authority, { emails: [userOf(number)], keyKind: "P-256", notAfter: new Date(expires) });
  return mintPkcs12(leaf, { password: PASSWORD });
}

export class FleetTour {
  constructor(
    readonly page: Page,
    readonly emulator: Emulator,
    private readonly authority: Authority,
    readonly stack: Stack,
  ) {}

  async run(): Promise<void> {
    await this.up();
    await this.lost();
    await this.renewed();
    await this.destroy();
  }

  private async up(): Promise<void> {
    this.page.heading(`A fleet: ${String(NUMBERS.length)} mailboxes, one CSV, one resource`);
    const outcome = await pulumi(this, "up");
    this.page.steps(outcome);
    const served = NUMBERS.filter((number) => this.certificates(number).some(({ isDefault }) => isDefault));
    this.page.claim("every mailbox signs with its certificate", served.length === NUMBERS.length, outcome.output);
    const calls = this.emulator.requests().length;
    const expected = 4 * NUMBERS.length;
    this.page.claim(`${String(calls)} requests, four a mailbox: token, list, insert, setDefault`, calls === expected);
  }

  private async lost(): Promise<void> {
    this.page.heading("A CSV that lost rows");
    this.stack.writeFiles({ "mailboxes.csv": csvOf(NUMBERS.slice(2)) });
    const outcome = await pulumi(this, "preview");
    this.page.messages(outcome, /maxDeletes/);
    const named = outcome.output.includes(userOf(1)) && outcome.output.includes(userOf(2));
    this.page.claim("refused, by name: a deleted key cannot be had back", !outcome.ok && named, outcome.output);
    this.page.claim("Google was not asked", this.emulator.requests().length === 0);
  }

  private async renewed(): Promise<void> {
    this.page.heading("A renewed key file");
    const key = await keyOf(this.authority, 1, "2028-11-01T00:00:00Z");
    this.stack.writeFiles({ "mailboxes.csv": csvOf(NUMBERS), [pathOf(1)]: key });
    const outcome = await pulumi(this, "up");
    this.page.messages(outcome, /certificate .* (is added|stays)/);
    const calls = this.emulator.requests().length;
    this.page.claim(`only that mailbox was asked for: ${String(calls)} requests`, outcome.ok && calls === 4);
    const [kept, ours] = this.certificates(1);
    this.page.claim("it signs with the new one", ours?.isDefault === true && !kept?.isDefault, this.certificates(1));
    this.page.claim("the earlier one stays, so that old mail can be read", kept !== undefined);
  }

  private async destroy(): Promise<void> {
    this.page.heading("Destroy the fleet");
    const outcome = await pulumi(this, "destroy");
    const left = NUMBERS.flatMap((number) => this.certificates(number));
    this.page.claim("nothing of ours is left", outcome.ok && left.length === 0, outcome.output);
  }

  private certificates(number: number): StateCertificate[] {
    const user = userOf(number);
    return this.emulator.state().users[user]?.sendAs[user]?.smimeInfo ?? [];
  }
}
