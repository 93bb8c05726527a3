/**
 * HTTP to Google: one origin at a time, bounded answers, and the retry policy of every call.
 * Nothing is logged here, and no error of the HTTP layer leaves it: those carry bodies and Authorization headers.
 */
import { GoogleError } from "./googleError";
import { PROJECT_UNITS, Quota, type Cost, type Turn } from "./quota";

export interface TransportOptions {
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds that only ever grow: the retry budget must not depend on the wall clock. */
  readonly elapsed: () => number;
  /** From 0 to 1, for jitter. */
  readonly random: () => number;
  readonly now: () => Date;
  readonly fetch: typeof fetch;
  /** Told of every wait, for whoever watches. */
  readonly onWait?: (line: string) => void;
  /** The project's Gmail quota; Google's documented one where nothing is said. */
  readonly unitsPerMinute?: number;
}

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Milliseconds for the whole answer, where 60 s would be too long to find out that nobody is there. */
  readonly deadline?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Google's answers here are a few KiB; more is a fault or an attack (design: Security, limits). */
const MAX_ANSWER_BYTES = 1024 * 1024;
const TRY_MILLISECONDS = 60_000;

/** Design, "Retry": full jitter 1 s doubling to 32 s, at most 8 tries and 120 s; Retry-After a floor, capped at 60 s. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 32_000;
const LONGEST_RETRY_AFTER = 60_000;
const MOST_TRIES = 8;
const MOST_MILLISECONDS = 120_000;
/** Google's quotas are by the minute (facts google C): eight tries with full jitter would mostly end before it does. */
const QUOTA_JITTER = 0.25;

/** How often one call is tried, and for how long each time. */
interface Patience {
  readonly tries: number;
  readonly milliseconds: number;
}
const PATIENT: Patience = { tries: MOST_TRIES, milliseconds: TRY_MILLISECONDS };
const BRIEF: Patience = { tries: 2, milliseconds: 15_000 };

/** Calls outside Gmail's quota, and those within an attempt that has its units: in the line, it would wait for itself. */
export const FREE: Cost = { units: 0, user: "" };

export class Transport {
  readonly #options: TransportOptions;
  readonly #quota: Quota;

  constructor(
    options: TransportOptions,
    quota?: Quota,
    private readonly patience = PATIENT,
  ) {
    this.#options = options;
    const { sleep, elapsed, unitsPerMinute: most = PROJECT_UNITS } = options;
    this.#quota = quota ?? new Quota({ sleep, elapsed, most, onWait: (line) => options.onWait?.(line) });
  }

  /** The same network and quota for who would rather hear soon that nobody answers: two tries of 15 s. */
  brief(): Transport {
    return new Transport(this.#options, this.#quota, BRIEF);
  }

  get sleep(): (milliseconds: number) => Promise<void> {
    return this.#options.sleep;
  }

  elapsed(): number {
    return this.#options.elapsed();
  }

  /** One try. Any answer is a value; no answer is a {@link GoogleError} that says whether it may have been carried out. */
  async send(call: Call): Promise<Answer> {
    const response = await this.fetch(call.url, {
      method: call.method,
      ...(call.headers && { headers: call.headers }),
      ...(call.body !== undefined && { body: call.body }),
      ...(call.deadline !== undefined && { signal: AbortSignal.timeout(call.deadline) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** A `fetch` for Google's generated client and for {@link send}: no redirects, a deadline, a bounded body read whole. */
  readonly fetch: typeof fetch = async (input, init) => {
    try {
      const deadline = AbortSignal.timeout(this.patience.milliseconds);
      const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
      const response = await this.#options.fetch(input, { ...init, redirect: "manual", signal });
      const body = await readBounded(response);
      const bodyless = response.status === 204 || response.status === 304;
      return new Response(bodyless ? null : body, { status: response.status, headers: response.headers });
    } catch (error) {
      throw GoogleError.noAnswer(error, hostOf(input));
    }
  };

  /**
   * Repeats what may safely be repeated. Each try first takes its units of the quota, and the time that this takes is not
   * the retry budget's. An attempt that is under way must not itself wait for units: see {@link FREE}.
   */
  async retry<T>(attempt: () => Promise<T>, cost = FREE): Promise<T> {
    let start = this.elapsed();
    for (let tries = 1; ; tries += 1) {
      const asked = this.elapsed();
      const turn = cost.units > 0 ? await this.#quota.take(cost) : undefined;
      start += this.elapsed() - asked;
      try {
        const result = await attempt();
        if (turn) this.#quota.end(turn, true);
        return result;
      } catch (error) {
        if (turn) this.#settle(turn, error);
        if (!(error instanceof GoogleError) || !isTransient(error) || tries >= this.patience.tries) throw error;
        const wait = this.#wait(tries, error);
        if (this.elapsed() - start + wait > MOST_MILLISECONDS) throw error;
        const seconds = Math.ceil(wait / 1000);
        const next = `Try ${tries + 1} of ${this.patience.tries} in ${seconds} s`;
        this.#options.onWait?.(`${error.host ?? "Google"}: ${error.said}. ${next}`);
        await this.sleep(wait);
      }
    }
  }

  /** Tells the quota how its call ended. An answer that never came says nothing about the rate. */
  #settle(turn: Turn, error: unknown): void {
    const isRefused = error instanceof GoogleError && isRateLimit(error);
    this.#quota.end(turn, error instanceof GoogleError && error.outcome === "refused" && !isRefused);
    if (isRefused) this.#quota.refuse(turn, /^user/i.test(error.reason ?? ""), this.#retryAfter(error));
  }

  #wait(tries: number, error: GoogleError): number {
    const step = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1));
    const jitter = isRateLimit(error) ? QUOTA_JITTER : 1;
    const backOff = step * (1 - jitter * (1 - this.#options.random()));
    return Math.max(backOff, this.#retryAfter(error));
  }

  /** Milliseconds. */
  #retryAfter(error: GoogleError): number {
    return Math.min(LONGEST_RETRY_AFTER, retryAfter(error.retryAfter, this.#options.now()));
  }
}

/** Undefined where it is no URL. */
function hostOf(input: Parameters<typeof fetch>[0]): string | undefined {
  const url = input instanceof Request ? input.url : String(input);
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** Retry-After as seconds or as an HTTP date (RFC 9110, 10.2.3); 0 where it is absent or absurd. */
function retryAfter(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  const milliseconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(milliseconds) && milliseconds > 0 ? milliseconds : 0;
}

/** 408, 429, 5xx, no answer, and 403 with a rate reason (design, "Retry"). */
function isTransient(error: GoogleError): boolean {
  return error.outcome !== "refused" || isRateLimit(error);
}

/** Refused for its rate: certainly not carried out, so that even an insert may be repeated. A day's quota is waited for by no run. */
export function isRateLimit({ status, reason = "" }: GoogleError): boolean {
  if (/^dailyLimitExceeded/i.test(reason)) return false;
  return status === 429 || (status === 403 && /^(user)?rateLimitExceeded$/i.test(reason));
}

async function readBounded(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > MAX_ANSWER_BYTES) throw new Error("the answer is larger than 1 MiB");
    chunks.push(chunk as Uint8Array);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
