/**
 * Time in which waits cost nothing and end in their order: it moves on to the end of the next wait whenever no request is
 * under way. A story's own time is simpler, but there all who wait side by side wake at once.
 */
import { setTimeout as pause } from "node:timers/promises";

interface Sleeper {
  readonly end: number;
  readonly wake: () => void;
}

/** Milliseconds of real time in which a provider that waits for nothing else begins its next request. */
const QUIET = 2;

export class VirtualClock {
  #now = 0;
  #requests = 0;
  #sleepers: Sleeper[] = [];
  #isRunning = false;

  /** `latency`: virtual milliseconds of each request, half before it arrives. `onMove` is told of each step. */
  constructor(
    private readonly latency = 0,
    private readonly onMove: (milliseconds: number) => void = () => undefined,
  ) {}

  readonly elapsed = (): number => this.#now;

  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => {
      this.#sleepers.push({ end: this.#now + milliseconds, wake });
      if (!this.#isRunning) void this.#run();
    });

  readonly fetch: typeof fetch = async (input, init) => {
    await this.sleep(this.latency / 2);
    this.#requests += 1;
    try {
      const response = await globalThis.fetch(input, init);
      const body = response.status === 204 ? null : await response.arrayBuffer();
      return new Response(body, { status: response.status, headers: response.headers });
    } finally {
      this.#requests -= 1;
      await this.sleep(this.latency / 2);
    }
  };

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#sleepers.length > 0) {
      do await pause(QUIET);
      while (this.#requests > 0);
      const end = Math.max(this.#now, Math.min(...this.#sleepers.map((each) => each.end)));
      const due = this.#sleepers.filter((each) => each.end <= end);
      this.#sleepers = this.#sleepers.filter((each) => each.end > end);
      if (end > this.#now) this.onMove(end - this.#now);
      this.#now = end;
      for (const { wake } of due) wake();
    }
    this.#isRunning = false;
  }
}
