/** One pass over the mailboxes of a fleet: what became of each, what was said, and what is to be told at its end. */
import { Interrupted, MailKeyError, ownError } from "../mailKeyError";
import type { Severity } from "../lifecycle";
import { describeAddress } from "../resources/address";
import type { Services } from "../resources/services";
import { heldOn, type Mailbox } from "./mailboxes";
import type { Held } from "./held";
import { describeRow, line, rowKey } from "./rows";
import type { Failed, Settled } from "./settle";
import { sideBySide } from "./sideBySide";
import { alike, counted, several } from "./told";

/** The most failures that the state names; the next update finds all of them, named or not. */
const MOST_FAILURES = 100;

export class Run {
  readonly #now: Map<Mailbox, Mailbox>;
  readonly #failed: Failed[] = [];
  readonly #said: { severity: Severity; message: string }[] = [];
  #left = 0;
  /** Why not all was tried. */
  interrupted: Interrupted | undefined;

  constructor(
    mailboxes: readonly Mailbox[],
    private readonly services: Services,
  ) {
    this.#now = new Map(mailboxes.map((mailbox) => [mailbox, mailbox]));
  }

  /** One mailbox's addresses one after another, mailboxes side by side. */
  async each(
    busy: readonly Mailbox[],
    work: (mailbox: Mailbox, services: Services) => Promise<Settled>,
  ): Promise<this> {
    const quiet: Services = {
      ...this.services,
      log: (severity, message) => this.#said.push({ severity, message }),
    };
    const { left, interrupted } = await sideBySide([...byUser(busy).values()], this.services, async (addresses) => {
      const before = this.#failed.length;
      for (const mailbox of addresses) {
        const settled = await attempt(mailbox, () => work(mailbox, quiet));
        this.services.sendAs.forget(mailbox.address);
        this.#note(mailbox, settled);
      }
      const failed = this.#failed.slice(before);
      return failed.length === 0 ? "done" : failed.some(({ concerns }) => concerns === "all") ? "hopeless" : "failed";
    });
    this.#left = left;
    this.interrupted = interrupted;
    return this;
  }

  #note(before: Mailbox, { mailbox, failed, interrupted }: Settled): void {
    this.#now.set(before, mailbox);
    this.#failed.push(...failed);
    if (interrupted) throw interrupted;
  }

  get held(): Held {
    return heldOn([...this.#now.values()]);
  }

  /** A line a row, for the state; empty where nothing failed. */
  get failures(): string {
    const lines = this.#failed.map(({ row, reason }) => line([rowKey(row), reason.replaceAll(/\s+/g, " ")]));
    return several(lines.sort(), MOST_FAILURES).join("\n");
  }

  /** Whether nothing was done at all. */
  get isInVain(): boolean {
    return this.#left > 0 || (this.#failed.length > 0 && this.#failed.length >= this.#now.size);
  }

  /** Says what was said of the mailboxes, each kind in a few lines. */
  tell(): void {
    for (const severity of ["warning", "info"] as const) {
      const messages = this.#said.filter((said) => said.severity === severity).map(({ message }) => message);
      for (const message of several(messages.sort())) this.services.log(severity, `SmimeFleet: ${message}`);
    }
  }

  /** Undefined where all is done. `next` is the sentence that says what to do. */
  errorSaying(next: string): MailKeyError | undefined {
    if (this.#failed.length === 0 && this.#left === 0 && !this.interrupted) return undefined;
    const failed = `${counted(this.#failed.length, "row")} failed`;
    const rest = this.#left === 0 ? "all others are done" : `${counted(this.#left, "mailbox")} not begun`;
    const hopeless =
      this.#left > 0 && !this.interrupted ? " Since what failed concerns all of them, no more were tried." : "";
    const why = this.interrupted ? [this.interrupted.message] : [];
    const first = `SmimeFleet: ${failed}, ${rest}.${hopeless} ${next}`;
    return new MailKeyError([first, ...why, ...several(this.reasons, MOST_FAILURES)].join("\n"));
  }

  /** What failed, by row; where many failed alike, in one line. */
  get reasons(): string[] {
    return alike(
      this.#failed.map(({ row, reason }) => ({ who: describeRow(row), names: [row.sendAs, row.user], reason })),
    ).sort();
  }
}

/** What goes wrong with one mailbox, even in a way that nobody foresaw, costs no other its place in the state. */
async function attempt(mailbox: Mailbox, work: () => Promise<Settled>): Promise<Settled> {
  try {
    return await work();
  } catch (error) {
    const { userId: user, sendAsEmail: sendAs } = mailbox.address;
    const { message: reason, concerns } = ownError(error, describeAddress(mailbox.address));
    const interrupted = error instanceof Interrupted && { interrupted: error };
    return { mailbox, failed: [{ row: { user, sendAs, name: "" }, reason, concerns }], ...interrupted };
  }
}

function byUser(mailboxes: readonly Mailbox[]): Map<string, Mailbox[]> {
  const users = new Map<string, Mailbox[]>();
  for (const mailbox of mailboxes)
    users.set(mailbox.address.userId, [...(users.get(mailbox.address.userId) ?? []), mailbox]);
  return users;
}
