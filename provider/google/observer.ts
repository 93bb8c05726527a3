/**
 * What Gmail answered and what Check read, written down for the commands `drift`, `report` and `review`: they run the engine,
 * which looks with the stack's own credentials, so they need none and no request is made twice. Public parts only.
 */
import type { Address } from "./address";
import type { Gmail, SmimeInfo } from "./gmail";
import type { Entries } from "./lists";
import { MailKeyError } from "../mailKeyError";

/** The variable that names the file, one line of JSON an observation. The command makes the file; nobody else does. */
export const OBSERVED = "GOOGLE_WORKSPACE_MAIL_OBSERVED";

export interface Observation {
  /** When, by the provider's clock, RFC 3339. */
  readonly at: string;
  readonly userId: string;
  /** Absent: which addresses the mailbox has besides could not be asked. */
  readonly sendAsEmail?: string;
  /** Null: Gmail knows no such address. Absent: it could not be looked at, for `reason`. */
  readonly certificates?: readonly SmimeInfo[] | null;
  readonly reason?: string;
}

/** A certificate that Check has read in the program's key files: the dynamic adapter shows no output before it is there. */
export interface CheckedLeaf {
  /** SHA-256 of the leaf, upper-case hex. */
  readonly fingerprint: string;
  readonly subject: string;
  readonly issuerCn: string;
  /** RFC 3339. */
  readonly notBefore: string;
  readonly expiration: string;
}

/** A line of the file. */
export type Told = Observation | { readonly leaf: CheckedLeaf };

export class Observer {
  /** Addresses that were asked about only to be told: whoever asks later gets the same answer. */
  readonly #around = new Map<string, Promise<Entries>>();
  readonly #asked = new Set<string>();
  readonly #mailboxes = new Set<string>();

  constructor(
    private readonly gmail: Pick<Gmail, "list">,
    /** For what no resource needs: it gives up soon. */
    private readonly brief: Pick<Gmail, "addresses" | "list">,
    private readonly tell: (observation: Omit<Observation, "at">) => void,
  ) {}

  /** Gmail's list of an address, told; the first of a mailbox brings those of its other addresses. */
  async list(address: Address): Promise<Entries> {
    const key = keyOf(address);
    const known = this.#around.get(key);
    this.#around.delete(key);
    const entries = await (known ?? this.#ask(address, this.gmail));
    await this.#lookAround(address);
    return entries;
  }

  async #ask(address: Address, gmail: Pick<Gmail, "list">): Promise<Entries> {
    this.#asked.add(keyOf(address));
    try {
      const entries = await gmail.list(address);
      this.tell({ ...address, certificates: entries ?? null });
      return entries;
    } catch (error) {
      if (error instanceof MailKeyError) this.tell({ ...address, reason: error.message });
      throw error;
    }
  }

  /** One that cannot be looked at is told, and fails nothing: the stack does not declare it. */
  async #lookAround({ userId }: Address): Promise<void> {
    if (this.#mailboxes.has(userId)) return;
    this.#mailboxes.add(userId);
    try {
      const addresses = (await this.brief.addresses(userId)) ?? [];
      const others = addresses.map(({ sendAsEmail }) => ({ userId, sendAsEmail }));
      await Promise.all(others.filter((each) => !this.#asked.has(keyOf(each))).map((each) => this.#askAround(each)));
    } catch (error) {
      if (error instanceof MailKeyError) this.tell({ userId, reason: error.message });
    }
  }

  async #askAround(address: Address): Promise<void> {
    const entries = this.#ask(address, this.brief);
    this.#around.set(keyOf(address), entries);
    await entries.catch(() => undefined); // told already; whoever asks for it is told again
  }
}

const keyOf = ({ userId, sendAsEmail }: Address): string => `${userId} ${sendAsEmail}`;
