/** Work on many mailboxes, so many at a time, with a line now and then on how far it has come. */
import { Interrupted } from "../mailKeyError";
import type { Services } from "../resources/services";

/** Enough to hide Gmail's latency; the quota of the project is kept to below (google/quota.ts). */
const AT_ONCE = 64;
/** So many failures that concern all, and no success: Google need not be asked 10,000 times. */
const HOPELESS = 100;
const MILLISECONDS_BETWEEN_LINES = 1_000;

export interface Outcome {
  /** Not begun, because it was cancelled or hopeless. */
  readonly left: number;
  /** It was cancelled, or its time ran out. */
  readonly interrupted?: Interrupted;
}

/** `failed`: for a reason of its own; `hopeless`: for one that concerns all. */
export type Result = "done" | "failed" | "hopeless";

/** `work` says what came of it; what it throws, but for an {@link Interrupted}, is thrown. */
export async function sideBySide<T>(
  items: readonly T[],
  services: Pick<Services, "elapsed" | "status">,
  work: (item: T) => Promise<Result>,
): Promise<Outcome> {
  const progress = new Progress(items.length, services);
  let next = 0;
  let interrupted: Interrupted | undefined;
  const worker = async (): Promise<void> => {
    while (next < items.length && !interrupted && !progress.isHopeless) {
      const item = items[next++] as T;
      try {
        progress.count(await work(item));
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        interrupted ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return { left: items.length - next, ...(interrupted && { interrupted }) };
}

class Progress {
  readonly #began: number;
  #told: number;
  #done = 0;
  #failed = 0;
  #hopeless = 0;

  constructor(
    private readonly total: number,
    private readonly services: Pick<Services, "elapsed" | "status">,
  ) {
    this.#began = this.#told = services.elapsed();
  }

  get isHopeless(): boolean {
    return this.#done === 0 && this.#hopeless >= HOPELESS;
  }

  count(result: Result): void {
    if (result === "done") this.#done += 1;
    else this.#failed += 1;
    if (result === "hopeless") this.#hopeless += 1;
    const now = this.services.elapsed();
    if (now - this.#told < MILLISECONDS_BETWEEN_LINES) return;
    this.#told = now;
    this.services.status(this.#line((now - this.#began) / 1000));
  }

  #line(seconds: number): string {
    const ended = this.#done + this.#failed;
    const rate = ended / seconds;
    const left = Math.ceil((this.total - ended) / rate);
    const time = left >= 60 ? `${String(Math.ceil(left / 60))} min` : `${String(left)} s`;
    const failed = this.#failed === 0 ? "" : `, ${String(this.#failed)} failed`;
    return `${String(this.#done)} of ${String(this.total)} mailboxes done${failed}, ${rate.toPrecision(2)} a second, ${time} left`;
  }
}
