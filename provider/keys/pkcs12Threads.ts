/**
 * Threads that open PKCS#12 files, so that a costly one holds up no request and can be killed. There are two, so that it
 * does not hold up other files either; each is started when it is first needed, and kept for the next file.
 */
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { openPkcs12, UNREADABLE, type Answer, type OpenedPkcs12, type Pkcs12File } from "./pkcs12File";
import { keyError, KeyMaterialError } from "./problem";

/**
 * Milliseconds. A million iterations, the most that a file may ask for, keep an idle processor busy for 0.2 to 3.5 s, by
 * hash, and for twice that where a password can be encoded in two ways. What real files ask for takes a second at most.
 */
const LONGEST = 5_000;

/** MiB: 64 KiB of ASN.1 need less than ten, and the compiler that a run from the sources brings along more than a hundred. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** Beside this file, in the sources, in the compiled package and in the bundle of a release. */
const MAIN = join(__dirname, `pkcs12Worker${extname(__filename)}`);

export class Pkcs12Threads {
  readonly #free: Thread[];
  readonly #waiting: ((thread: Thread) => void)[] = [];

  /** `longest`: milliseconds that one file may take, once its thread has been started. */
  constructor(longest = LONGEST) {
    this.#free = [new Thread(longest), new Thread(longest)];
  }

  /** Throws KeyMaterialError and nothing else. */
  async open(file: Pkcs12File): Promise<OpenedPkcs12> {
    const thread = this.#free.pop() ?? (await new Promise<Thread>((resolve) => this.#waiting.push(resolve)));
    const answer = await thread.open(file);
    const next = this.#waiting.shift();
    if (next) next(thread);
    else this.#free.push(thread);
    if ("opened" in answer) return answer.opened;
    throw new KeyMaterialError(answer.problems);
  }
}

/** One file at a time. Never keeps the process from ending, but for the file that it is opening. */
class Thread {
  #worker: Promise<Worker | undefined> | undefined;

  constructor(private readonly longest: number) {}

  async open(file: Pkcs12File): Promise<Answer> {
    const worker = await (this.#worker ??= this.#start());
    // where no thread can be had (a program bundled into one file, node --permission), a file takes its time here
    if (!worker) return openPkcs12(file);
    worker.ref();
    const answer = await this.#ask(worker, file);
    worker.unref();
    return answer;
  }

  #start(): Promise<Worker | undefined> {
    const started = start().catch(() => undefined);
    void started.then((worker) =>
      worker?.once("exit", () => {
        if (this.#worker === started) this.#worker = undefined; // the next file gets a new one
      }),
    );
    return started;
  }

  #ask(worker: Worker, file: Pkcs12File): Promise<Answer> {
    return new Promise((resolve) => {
      let isAnswered = false;
      const end = (answer: Answer): void => {
        isAnswered = true;
        clearTimeout(timer);
        worker.off("message", end).off("error", fail).off("exit", exit);
        resolve(answer);
      };
      /** The next file gets a new thread. */
      const giveUp = (answer: Answer): void => {
        if (isAnswered) return;
        this.#worker = undefined;
        void worker.terminate();
        end(answer);
      };
      const fail = (error: unknown): void => giveUp(isOutOfMemory(error) ? NO_MEMORY : DAMAGED);
      const exit = (): void => giveUp(DAMAGED);
      // a busy process comes back to its timers first: an answer that waits is read before the second turn
      const timer = setTimeout(
        () => setImmediate(() => setImmediate(() => giveUp(tooSlow(this.longest)))),
        this.longest,
      );
      worker.on("message", end).on("error", fail).on("exit", exit);
      worker.postMessage(file);
    });
  }
}

const DAMAGED = keyError("pkcs12", "unreadable", UNREADABLE);
const NO_MEMORY = keyError(
  "pkcs12",
  "tooMuchMemory",
  "needs too much memory to be opened. Export only the key, its certificate and the intermediates.",
);

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";

function tooSlow(milliseconds: number): KeyMaterialError {
  const step = "Export it again with fewer iterations (openssl pkcs12 -export -iter 100000), or run it again.";
  const within = `${String(milliseconds / 1000)} s`;
  return keyError("pkcs12", "tooSlow", `cannot be opened within ${within}, or this machine is busy. ${step}`);
}

/** A thread that waits for files. Undefined, or rejected, where it did not come so far. */
function start(): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(MAIN, { resourceLimits: LIMITS });
    worker.on("error", () => resolve(undefined)); // stays: an error that nobody listens to would end the process
    worker
      .once("exit", () => resolve(undefined))
      .once("message", () => {
        worker.unref();
        resolve(worker);
      });
  });
}
