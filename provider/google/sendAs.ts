/**
 * The certificates of one send-as address, observed before they are changed: one list shared by all who ask, one
 * mailbox's writes in order, and an insert that never makes a second copy.
 */
import type { Address } from "./address";
import type { Gmail, SendAsAddress, SmimeInfo, Upload, Within } from "./gmail";
import { GoogleError } from "./googleError";
import { FRESH, Lists, RUN, type Entries } from "./lists";
import { MailKeyError } from "../mailKeyError";
import { UNITS } from "./quota";
import type { Transport } from "./transport";

/** Gmail's list may lag behind a write: looked at again after these waits, 30 s in all (design, lifecycle list). */
const LAG_WAITS = [0, 1_000, 2_000, 4_000, 8_000, 15_000];

export interface Inserted {
  readonly info: SmimeInfo;
  /** Why it may not be ours: it was there before, or no answer says that this insert put it there. */
  readonly adopted?: "was there" | "answer lost";
}

export type Matches = (info: SmimeInfo) => boolean;

export class SendAs {
  readonly #lists: Lists;
  /** What this process put there, and when: a list that is asked for anew may lag behind it. */
  readonly #inserted = new Map<string, { readonly at: number; readonly infos: readonly SmimeInfo[] }>();
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(
    private readonly gmail: Gmail,
    private readonly transport: Transport,
    /** How lists are asked for that only look; where somebody looks on, through them. */
    private readonly look: (address: Address) => Promise<Entries> = (address) => gmail.list(address),
  ) {
    this.#lists = new Lists(() => transport.elapsed());
  }

  get endpoint(): string {
    return this.gmail.endpoint;
  }

  /** Undefined: no such mailbox. */
  addresses(userId: string): Promise<readonly SendAsAddress[] | undefined> {
    return this.gmail.addresses(userId);
  }

  /** Undefined: no such address. */
  list(address: Address): Promise<Entries> {
    return this.#lists.get(this.#key(address), FRESH, () => this.look(address));
  }

  /** As this run has seen it: what others change during the run, the next one sees. Undefined: no such address. */
  seen(address: Address): Promise<Entries> {
    return this.#lists.get(this.#key(address), RUN, () => this.look(address));
  }

  /** Who looked at one address of thousands and is done with it needs its list no more: ten thousand are 60 MB. */
  forget(address: Address): void {
    this.#lists.drop(this.#key(address));
  }

  get(address: Address, id: string): Promise<SmimeInfo | undefined> {
    return this.gmail.get(address, id);
  }

  /** The certificate that `matches`, if it is on the address; a get finds out a list that lags behind a delete. */
  async find(address: Address, matches: Matches): Promise<SmimeInfo | undefined> {
    const listed = (await this.list(address)) ?? [];
    const unlisted = this.#ours(address).filter(({ id }) => !listed.some((info) => info.id === id));
    return this.#confirmed(address, [...listed, ...unlisted].filter(matches));
  }

  async #confirmed(address: Address, listed: readonly SmimeInfo[], within?: Within): Promise<SmimeInfo | undefined> {
    for (const info of byDefaultFirst(listed)) {
      const current = await this.gmail.get(address, info.id, within);
      if (current) return current;
    }
    return undefined;
  }

  /** Puts the certificate there exactly once, whatever happens to the answers. */
  insert(address: Address, upload: () => Promise<Upload>, matches: Matches): Promise<Inserted> {
    return this.#inOrder(address, async () => {
      const there = await this.find(address, matches);
      if (there) return { info: there, adopted: "was there" };
      const material = await upload();
      const seen = this.transport.elapsed();
      const once = async (): Promise<Inserted> => {
        const late = await this.#findLate(address, seen, matches);
        return late ? { info: late, adopted: "was there" } : this.#insertOnce(address, material, matches);
      };
      const cost = { units: UNITS.write + UNITS.read, user: address.userId };
      const inserted = await this.transport.retry(once, cost);
      if (inserted.adopted) return inserted;
      this.#remember(address, inserted.info);
      this.#lists.patch(this.#key(address), (entries) => [...entries, inserted.info]);
      return inserted;
    });
  }

  /** Waiting for the quota, or between two tries, takes minutes, in which another run may have put it there. */
  async #findLate(address: Address, seen: number, matches: Matches): Promise<SmimeInfo | undefined> {
    if (this.transport.elapsed() - seen < FRESH) return undefined;
    try {
      const entries = (await this.#listAgain(address, "insert")) ?? [];
      return await this.#confirmed(address, entries.filter(matches), "insert");
    } catch (error) {
      throw error instanceof GoogleError ? new MailKeyError(error.message) : error; // was tried several times already
    }
  }

  async #insertOnce(address: Address, upload: Upload, matches: Matches): Promise<Inserted> {
    try {
      return { info: await this.gmail.insert(address, upload) };
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
      const info = await this.#afterFailedInsert(address, error, matches);
      if (info) return { info, adopted: error.outcome === "ambiguous" ? "answer lost" : "was there" };
      throw error;
    }
  }

  /** After an ambiguous outcome, and after a refusal of what is already saved (facts google B5), the list decides. */
  async #afterFailedInsert(address: Address, error: GoogleError, matches: Matches): Promise<SmimeInfo | undefined> {
    const saved = error.status === 400 && /already saved/i.test(error.said);
    if (error.outcome !== "ambiguous" && error.status !== 400) return undefined;
    const waits = error.outcome === "ambiguous" || saved ? LAG_WAITS : LAG_WAITS.slice(0, 1);
    for (const wait of waits) {
      await this.transport.sleep(wait);
      const found = (await this.#listAfter(address, error)).find(matches);
      if (found) return found;
    }
    return undefined;
  }

  /** A list was tried several times already: not knowing is final, and the next up begins by observing. */
  async #listAfter(address: Address, failed: GoogleError): Promise<readonly SmimeInfo[]> {
    try {
      return (await this.#listAgain(address, "insert")) ?? [];
    } catch (error) {
      const why = error instanceof Error ? error.message : "";
      throw new MailKeyError(`${failed.message} Whether it arrived is not known: ${why}`);
    }
  }

  /** False: no such certificate on the address. */
  setDefault(address: Address, id: string): Promise<boolean> {
    return this.#inOrder(address, async () => {
      const done = await this.gmail.setDefault(address, id);
      if (done)
        this.#lists.patch(this.#key(address), (entries) =>
          entries.map((info) => ({ ...info, isDefault: info.id === id })),
        );
      return done;
    });
  }

  /** Gone afterwards, whether or not it was there. Returns what had to become the default to make that possible. */
  delete(
    address: Address,
    id: string,
    successor: (others: readonly SmimeInfo[]) => SmimeInfo | undefined,
  ): Promise<SmimeInfo | undefined> {
    return this.#inOrder(address, async () => {
      try {
        await this.gmail.delete(address, id);
        return undefined;
      } catch (error) {
        if (!(error instanceof GoogleError) || error.status !== 400) throw error;
        if (!(await this.gmail.get(address, id))?.isDefault) throw error; // refused for another reason
        const next = successor(((await this.#listAgain(address)) ?? []).filter((info) => info.id !== id));
        if (!next || !(await this.gmail.setDefault(address, next.id))) throw error;
        await this.#deleteOrPutBack(address, id, next.id);
        return next;
      } finally {
        this.#lists.drop(this.#key(address));
      }
    });
  }

  /** A delete refused even now leaves things as they were, or says what it could not put back. */
  async #deleteOrPutBack(address: Address, id: string, next: string): Promise<void> {
    try {
      await this.gmail.delete(address, id);
    } catch (error) {
      const isBack = await this.gmail.setDefault(address, id).catch(() => false);
      if (isBack || !(error instanceof MailKeyError)) throw error;
      throw new MailKeyError(
        `${error.message} Meanwhile ${address.sendAsEmail} signs with certificate ${next}, which had to become the default first.`,
      );
    }
  }

  #listAgain(address: Address, within?: Within): Promise<Entries> {
    return this.#lists.again(this.#key(address), () => this.gmail.list(address, within));
  }

  /** One mailbox's writes one after another; a failed one does not hold up the next. */
  #inOrder<T>(address: Address, work: () => Promise<T>): Promise<T> {
    const user = this.#user(address);
    const result = (this.#queues.get(user) ?? Promise.resolve()).then(work, work);
    const ended = result
      .catch(() => undefined)
      .then(() => {
        if (this.#queues.get(user) === ended) this.#queues.delete(user);
      });
    this.#queues.set(user, ended);
    return result;
  }

  #remember(address: Address, info: SmimeInfo): void {
    const infos = [...this.#ours(address), info];
    this.#inserted.set(this.#key(address), { at: this.transport.elapsed(), infos });
    for (const [key, { at }] of this.#inserted) {
      if (this.transport.elapsed() - at < RUN) return;
      this.#inserted.delete(key); // no list lags that long
    }
  }

  #ours(address: Address): readonly SmimeInfo[] {
    return this.#inserted.get(this.#key(address))?.infos ?? [];
  }

  #user({ userId }: Address): string {
    return this.gmail.isOneMailbox ? "me" : userId;
  }

  #key(address: Address): string {
    return `${this.#user(address)} ${address.sendAsEmail}`;
  }
}

const byDefaultFirst = (entries: readonly SmimeInfo[]): SmimeInfo[] =>
  [...entries].sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
