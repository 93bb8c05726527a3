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
  /** Beyond what Google is known to take: one at a time finds out whether there is more. */
  readonly isProbe: boolean;
}

interface Answered {
  readonly units: number;
  readonly at: number;
  readonly accepted: boolean;
}

/** What is known since Google refused. */
interface Slowed {
  readonly at: number;
  /** Units a minute: what Google took in the minute before, and as much more as probes have found. */
  limit: number;
  /** What the last probe found; the next one that is taken finds twice as much. */
  found: number;
  /** Milliseconds from one probe to the next. */
  interval: number;
  nextProbe: number;
}

const MINUTE = 60_000;
/** One write in ten seconds, however much Google refuses. */
const LEAST = 6 * UNITS.write;
/** A refusal that was a whim is over in a minute or so; of a lasting limit, one call a minute is refused. */
const FIRST_PROBE = 5_000;
const LAST_PROBE = MINUTE;
/** Milliseconds until a call that waits looks again: meanwhile there may be more, or calls before it may have ended. */
const LOOK_AGAIN = 5_000;

interface Waiting {
  /** The sum of all units asked for before, and its own. */
  place: number;
  readonly units: number;
}

export class Quota {
  /** The calls that wait, in order. */
  readonly #line: Waiting[] = [];
  #asked = 0;
  /** All units that ever came back. */
  #back = 0;
  /** Calls answered within a minute, oldest first, and the units of those that Google did not refuse. */
  readonly #answered: Answered[] = [];
  #accepted = 0;
  #slowed: Slowed | undefined;
  #refused: { readonly user: string; readonly at: number } | undefined;
  #closedUntil = 0;

  constructor(private readonly options: QuotaOptions) {}

  /** Waits for its units. Every turn has to be ended by {@link end}. */
  async take(cost: Cost): Promise<Turn> {
    this.#asked += cost.units;
    const waiting: Waiting = { place: this.#asked, units: cost.units };
    this.#line.push(waiting);
    try {
      let wait = this.#waitOf(waiting);
      if (wait > 0) this.options.onWait(this.#because(waiting));
      for (; wait > 0; wait = this.#waitOf(waiting)) await this.options.sleep(wait);
    } catch (error) {
      this.#moveUp(waiting); // cancelled
      throw error;
    } finally {
      this.#line.splice(this.#line.indexOf(waiting), 1);
    }
    const isProbe = this.#missing(waiting) > 0;
    if (isProbe && this.#slowed) this.#slowed.nextProbe = Infinity;
    return { ...cost, since: this.options.elapsed(), isProbe };
  }

  /** `accepted`: Google found no fault with its rate. A refused call counts as well, for whether it does is not known. */
  end({ units, since, isProbe }: Turn, accepted: boolean): void {
    const now = this.options.elapsed();
    this.#answered.push({ units, at: now, accepted });
    if (accepted) this.#accepted += units;
    const slowed = this.#slowed;
    if (!slowed) return;
    // asked before Google refused others: it took more than was known then
    if (since <= slowed.at) slowed.limit = Math.max(slowed.limit, this.#accepted);
    if (isProbe) {
      slowed.found = accepted ? Math.max(units, 2 * slowed.found) : 0;
      slowed.limit += slowed.found;
      slowed.interval = accepted ? FIRST_PROBE : Math.min(LAST_PROBE, 2 * slowed.interval);
      slowed.nextProbe = now + slowed.interval;
    }
    if (slowed.limit >= this.options.most) this.#slowed = undefined;
  }

  /**
   * Google refused an ended call for its rate. Nothing is slowed for what is one user's own limit, by its name or because
   * nobody else was refused within a minute: that call's own retries are enough. `wait`: milliseconds that Google asks for.
   */
  refuse({ user, since, isProbe }: Turn, isUsersOwn: boolean, wait: number): void {
    if (isUsersOwn) return;
    const now = this.options.elapsed();
    const before = this.#refused;
    this.#refused = { user, at: now };
    const isProjects = before !== undefined && before.user !== user && now - before.at < MINUTE;
    if (!isProjects && !this.#slowed) return;
    this.#closedUntil = Math.max(this.#closedUntil, now + wait);
    if (isProbe || (this.#slowed && since <= this.#slowed.at)) return; // nothing new, or of a burst that is known
    const limit = Math.max(Math.min(LEAST, this.options.most), this.#accepted);
    this.#slowed = { at: now, limit, found: 0, interval: FIRST_PROBE, nextProbe: now + FIRST_PROBE };
  }

  /** Who waits behind a call that waits no more comes forward by its units. */
  #moveUp(gone: Waiting): void {
    this.#asked -= gone.units;
    for (const waiting of this.#line) if (waiting.place > gone.place) waiting.place -= gone.units;
  }

  /** Milliseconds until it is worth looking whether all before this call have gone and its own units are there; 0 now. */
  #waitOf(waiting: Waiting): number {
    const now = this.options.elapsed();
    this.#takeBack(now);
    if (now < this.#closedUntil) return Math.min(this.#closedUntil - now, LOOK_AGAIN);
    let missing = this.#missing(waiting);
    if (missing <= 0) return 0;
    const isNext = this.#line[0] === waiting;
    const untilProbe = this.#slowed && isNext ? Math.max(0, this.#slowed.nextProbe - now) : LOOK_AGAIN;
    const longest = Math.min(LOOK_AGAIN, untilProbe);
    for (const answered of this.#answered) {
      const wait = answered.at + MINUTE - now;
      missing -= answered.units;
      if (wait >= longest) break;
      if (missing <= 0) return wait;
    }
    return longest;
  }

  /** A call that costs more than the bucket holds goes alone. */
  #missing({ place, units }: Waiting): number {
    return place - this.#back - Math.max(this.#limit, units);
  }

  #takeBack(now: number): void {
    const young = this.#answered.findIndex(({ at }) => at + MINUTE > now);
    for (const { units, accepted } of this.#answered.splice(0, young < 0 ? this.#answered.length : young)) {
      this.#back += units;
      if (accepted) this.#accepted -= units;
    }
  }

  get #limit(): number {
    return this.#slowed?.limit ?? this.options.most;
  }

  #because({ place }: Waiting): string {
    const minutes = Math.max(1, Math.ceil((place - this.#back) / this.#limit) - 1);
    const why = this.#slowed
      ? `refuses more than about ${String(this.#limit)} quota units a minute`
      : `gets no more than ${String(this.#limit)} quota units a minute (unitsPerMinute)`;
    return `Google ${why}. This call's turn comes in about ${String(minutes)} min`;
  }
}
