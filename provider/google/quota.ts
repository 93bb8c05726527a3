/**
 * The project's quota of Gmail calls, kept to before Google has to refuse: a bucket with a minute's units, from which calls
 * take theirs in the order in which they came. A unit comes back a minute after the answer to its call, so that no minute
 * of Google's, wherever it begins, sees more than the bucket holds.
 */

/** Google's documented limit of a project, in units a minute (facts google C). */
export const PROJECT_UNITS = 1_200_000;

/** What a call takes. Google publishes none for the smimeInfo methods: these are those of sendAs (facts google C). */
export const UNITS = { read: 1, write: 100 } as const;

export interface Cost {
  readonly units: number;
  /** Whose mailbox it is: Google has a limit for each user as well. */
  readonly user: string;
}

export interface QuotaOptions {
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds that only ever grow. */
  readonly elapsed: () => number;
  /** A minute's units, where the quota begins, and the most that it comes back to. */
  readonly most: number;
  /** Told of every wait, once. */
  readonly onWait: (line: string) => void;
}

/** A call that has taken its units and is under way. */
export interface Turn extends Cost {
  readonly since: number;
}

interface Answered {
  readonly units: number;
  readonly at: number;
  readonly accepted: boolean;
}

const MINUTE = 60_000;
/** One write in ten seconds, however much Google refuses: where nothing was taken yet, a guess. */
const LEAST = 6 * UNITS.write;
/** Growth in the first minute without a refusal, which doubles with every further one: of what was measured, and of a guess. */
const GROWTH = { measured: 0.02, guessed: 1 };
/** Milliseconds until a call that waits looks again: meanwhile the quota may have grown, or calls before it have ended. */
const LOOK_AGAIN = 5_000;

export class Quota {
  /** The last place in the line: all units that were ever asked for. */
  #asked = 0;
  /** All units that ever came back. */
  #back = 0;
  /** Calls answered within a minute, oldest first, and the units of those that Google did not refuse. */
  readonly #answered: Answered[] = [];
  #accepted = 0;
  /** What Google took in the minute before it refused. */
  #slowed: { limit: number; readonly at: number } | undefined;
  #refused: { readonly user: string; readonly at: number } | undefined;
  #closedUntil = 0;

  constructor(private readonly options: QuotaOptions) {}

  /** Waits for its units. Every turn has to be ended by {@link end}. */
  async take(cost: Cost): Promise<Turn> {
    this.#asked += cost.units;
    const place = this.#asked;
    try {
      let wait = this.#waitAt(place, cost.units);
      if (wait > 0) this.options.onWait(this.#because(place));
      for (; wait > 0; wait = this.#waitAt(place, cost.units)) await this.options.sleep(wait);
    } catch (error) {
      this.#back += cost.units; // cancelled: the place is free
      throw error;
    }
    return { ...cost, since: this.options.elapsed() };
  }

  /** `accepted`: Google found no fault with its rate. A refused call counts as well, for whether it does is not known. */
  end({ units, since }: Turn, accepted: boolean): void {
    this.#answered.push({ units, at: this.options.elapsed(), accepted });
    if (!accepted) return;
    this.#accepted += units;
    // asked before Google refused others: it took more than was known then
    if (this.#slowed && since <= this.#slowed.at) this.#slowed.limit = Math.max(this.#slowed.limit, this.#accepted);
  }

  /**
   * Google refused a call for its rate. Nothing is slowed for what is one user's own limit, by its name or because nobody
   * else was refused within a minute: that call's own retries are enough. `wait`: milliseconds that Google asks for.
   */
  refuse({ user, since }: Turn, isUsersOwn: boolean, wait: number): void {
    if (isUsersOwn) return;
    const now = this.options.elapsed();
    const before = this.#refused;
    this.#refused = { user, at: now };
    const isProjects = before !== undefined && before.user !== user && now - before.at < MINUTE;
    if (!isProjects && !this.#isSlowed(now)) return;
    this.#closedUntil = Math.max(this.#closedUntil, now + wait);
    if (this.#slowed && since <= this.#slowed.at) return; // of a burst that is known
    this.#slowed = { limit: Math.max(Math.min(LEAST, this.options.most), this.#accepted), at: now };
  }

  /** Milliseconds until it is worth looking whether all before this place have gone and its own units are there; 0 now. */
  #waitAt(place: number, units: number): number {
    const now = this.options.elapsed();
    this.#takeBack(now);
    if (now < this.#closedUntil) return Math.min(this.#closedUntil - now, LOOK_AGAIN);
    // a call that costs more than the bucket holds goes alone
    let missing = place - this.#back - Math.max(this.#limit(now), units);
    if (missing <= 0) return 0;
    for (const answered of this.#answered) {
      const wait = answered.at + MINUTE - now;
      missing -= answered.units;
      if (wait >= LOOK_AGAIN) break;
      if (missing <= 0) return wait;
    }
    return LOOK_AGAIN;
  }

  #takeBack(now: number): void {
    const young = this.#answered.findIndex(({ at }) => at + MINUTE > now);
    for (const { units, accepted } of this.#answered.splice(0, young < 0 ? this.#answered.length : young)) {
      this.#back += units;
      if (accepted) this.#accepted -= units;
    }
  }

  /** Units a minute. */
  #limit(now: number): number {
    if (!this.#slowed) return this.options.most;
    const { limit, at } = this.#slowed;
    const growth = limit > LEAST ? GROWTH.measured : GROWTH.guessed;
    return Math.min(this.options.most, Math.floor(limit * (1 + growth * (2 ** ((now - at) / MINUTE) - 1))));
  }

  #isSlowed(now: number): boolean {
    return this.#limit(now) < this.options.most;
  }

  #because(place: number): string {
    const now = this.options.elapsed();
    const limit = this.#limit(now);
    const minutes = Math.max(1, Math.ceil((place - this.#back) / limit) - 1);
    const why = this.#isSlowed(now)
      ? `refuses more than about ${String(limit)} quota units a minute`
      : `gets no more than ${String(limit)} quota units a minute (unitsPerMinute)`;
    return `Google ${why}. This call's turn comes in about ${String(minutes)} min`;
  }
}
