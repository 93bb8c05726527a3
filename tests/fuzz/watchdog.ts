/** A thread that ends the run where a case holds the event loop for ever: nothing in the run itself could tell. */
import { Worker } from "node:worker_threads";

/** Ten times what a case may take. */
const PATIENCE = 80_000;

const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
let [text, since] = ["", Date.now()];
parentPort.on("message", (next) => { [text, since] = [next, Date.now()]; });
setInterval(() => {
  if (text === "" || Date.now() - since < workerData) return;
  require("node:fs").writeSync(2, "This case does not end. repeat: " + text + "\\n");
  process.kill(process.pid, "SIGKILL");
}, 1000);
`;

export class Watchdog {
  readonly #thread = new Worker(THREAD, { eval: true, workerData: PATIENCE });

  /** `text`: how to repeat the case that begins now. */
  begins(text: string): void {
    this.#thread.postMessage(text);
  }

  end(): void {
    void this.#thread.terminate();
  }
}
