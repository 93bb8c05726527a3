/**
 * What belongs to one call of the engine while it runs: the resource that its messages are about, and when it must stop.
 * The core knows nothing of it: time, network and messages, which it is handed anyway, come through here.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import type { Severity } from "../lifecycle";
import { Interrupted, PartlyDone } from "../mailKeyError";

/** One line for the engine's display; `status` lines are shown while they matter and not kept. */
export interface Message {
  readonly severity: Severity | "status";
  readonly text: string;
  /** Empty: about the stack. */
  readonly urn: string;
}

interface Outside {
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly fetch: typeof fetch;
  readonly tell: (message: Message) => Promise<void>;
}

interface Call {
  readonly urn: string;
  /** Aborted: no more waits, and no requests of a call that has made none yet. */
  readonly waits: AbortSignal;
  /** Aborted: open requests end, and no new ones are made. */
  readonly requests: AbortSignal;
  readonly messages: Promise<void>[];
  /** Whether it has asked Google anything yet. */
  hasAsked: boolean;
}

/** After Cancel, calls that are under way have this long to come to an end that the state can keep. */
const GRACE_MILLISECONDS = 1_000;

/** And this long to say what became of it; a call that waits for another's answer would have nothing to say. */
const LAST_WORDS_MILLISECONDS = 250;

/** One for all: each instance that Node has makes every promise of the process dearer. It holds nothing between calls. */
const CALLS = new AsyncLocalStorage<Call>();

export class PluginCalls {
  #cancelled = new AbortController();
  #ended = new AbortController();

  constructor(private readonly outside: Outside) {}

  /** `timeout`: seconds, 0 for none (the resource option customTimeouts). Its messages are out before it returns. */
  async run<T>({ urn, timeout }: { urn: string; timeout: number }, work: () => Promise<T>): Promise<T> {
    const expired = new AbortController();
    const seconds = `${String(timeout)} s`;
    const reason = new Interrupted(`Not finished within the ${seconds} that customTimeouts allows.`);
    const timer = timeout > 0 ? setTimeout(() => expired.abort(reason), timeout * 1000) : undefined;
    const call: Call = {
      urn,
      waits: AbortSignal.any([this.#cancelled.signal, expired.signal]),
      requests: AbortSignal.any([this.#ended.signal, expired.signal]),
      messages: [],
      hasAsked: false,
    };
    setMaxListeners(0, call.waits, call.requests); // a fleet waits for many mailboxes in one call; Node would warn of a leak
    try {
      return await Promise.race([CALLS.run(call, work), silenced(call.requests)]);
    } catch (error) {
      throw expired.signal.aborted && !(error instanceof PartlyDone) ? reason : error;
    } finally {
      clearTimeout(timer);
      await Promise.all(call.messages);
    }
  }

  cancel(): void {
    const reason = new Interrupted("Cancelled.");
    const ended = this.#ended;
    this.#cancelled.abort(reason);
    setTimeout(() => ended.abort(reason), GRACE_MILLISECONDS).unref();
  }

  /** An engine cancels before it goes; a plugin that is attached to serves the next one. */
  renew(): void {
    this.#cancelled = new AbortController();
    this.#ended = new AbortController();
  }

  readonly log = (severity: Message["severity"], text: string): void => {
    const call = CALLS.getStore();
    if (severity === "status" && call?.waits.aborted) return; // the wait that it announces never comes
    const told = this.outside.tell({ severity, text, urn: call?.urn ?? "" });
    call?.messages.push(told);
  };

  readonly sleep = async (milliseconds: number): Promise<void> => {
    const call = CALLS.getStore();
    if (!call) return this.outside.sleep(milliseconds);
    call.waits.throwIfAborted();
    let stop: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    call.waits.addEventListener("abort", stop, { once: true });
    await Promise.race([this.outside.sleep(milliseconds), stopped]);
    call.waits.removeEventListener("abort", stop);
    call.waits.throwIfAborted();
  };

  readonly fetch: typeof fetch = async (input, init) => {
    const call = CALLS.getStore();
    if (!call) return this.outside.fetch(input, init);
    (call.hasAsked ? call.requests : call.waits).throwIfAborted();
    call.hasAsked = true;
    const signals = init?.signal ? [init.signal, call.requests] : [call.requests];
    return this.outside.fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };
}

/** Rejects when a call that may not go on has had time for its last words. */
function silenced(requests: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(requests.reason as Error);
    const soon = (): unknown => setTimeout(end, LAST_WORDS_MILLISECONDS).unref();
    requests.addEventListener("abort", soon, { once: true });
  });
}
