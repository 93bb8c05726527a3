// A costly PKCS#12 file in its thread: it holds up nothing else, ends after its time, and keeps no process alive. The
// threads read TypeScript where the process was started with a compiler for it, as .mocharc.json does.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { Pkcs12Threads } from "../provider/keys/pkcs12Threads";
import { readPkcs12 } from "../provider/keys/pkcs12";
import { KeyMaterialError } from "../provider/keys/problem";
import { file, id, integer, octets, safe, sequence } from "./pkcs12File";

const ROOT = join(__dirname, "..");
const TYPICAL = join(__dirname, "fixtures", "openssl-default.p12");

/** Of the dearest of the old hashes, for a password that may be meant in two ways: seconds. Nobody has the right one. */
function costing(iterations: number): { bytes: Buffer; password: string } {
  const sha3 = sequence(id("2.16.840.1.101.3.4.2.10"), [5, 0]);
  const mac = sequence(sequence(sha3, octets(Buffer.alloc(64))), octets(Buffer.alloc(8)), integer(iterations));
  return { bytes: file(safe(), mac), password: "a pässword" };
}
const costly = costing(1_000_000);
const typical = { bytes: readFileSync(TYPICAL), password: "fixture" };

describe("the threads that open PKCS#12 files", () => {
  /** Every thread of this file, in the order of their starts. */
  const started: Worker[] = [];
  const note = (worker: Worker): number => started.push(worker);
  let threads: Pkcs12Threads;
  before(async () => {
    process.on("worker", note);
    threads = new Pkcs12Threads(1_000);
    await Promise.all([threads.open(typical), threads.open(typical)]); // so that no time below is a start's
  });
  after(() => process.off("worker", note));

  async function givenUp(opening: Promise<unknown>): Promise<void> {
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof KeyMaterialError);
      assert.deepEqual(
        error.problems.map(({ field, code }) => `${field} ${code}`),
        ["pkcs12 tooSlow"],
      );
      assert.match(
        error.message,
        /^pkcs12: cannot be opened within [\d.]+ s, or this machine is busy\. Export it again with fewer/,
      );
      return true;
    });
  }

  it("end with a file that takes too long, and open the next one", async () => {
    const start = performance.now();
    await givenUp(threads.open(costly));
    const took = performance.now() - start;
    assert.ok(took >= 990, `${String(took)} ms`);
    assert.ok((await threads.open(typical)).certificates.length > 0);
  });

  it("open other files while one of them is costly, and after two of them", async () => {
    const order: string[] = [];
    const one = givenUp(threads.open(costly)).then(() => order.push("costly"));
    await threads.open(typical).then(() => order.push("typical"));
    const two = givenUp(threads.open(costly));
    await Promise.all([threads.open(typical).then(() => order.push("after both")), one, two]);
    assert.deepEqual(order, ["typical", "costly", "after both"]);
  });

  it("hold up no timer", async () => {
    await readPkcs12(typical.bytes, typical.password);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 10);
    const { bytes, password } = costing(200_000);
    await assert.rejects(readPkcs12(bytes, password), /does not open this PKCS#12 file/);
    clearInterval(timer);
    assert.ok(ticks > 2, `${String(ticks)} ticks`);
  });

  it("read an answer that is there, though the process was too busy to see it in time", async () => {
    const opening = threads.open(typical);
    // of all the turns of an event loop, timers come first after this one
    const busy = (): void => {
      for (const start = performance.now(); performance.now() - start < 1_500;);
    };
    setImmediate(busy);
    assert.ok((await opening).certificates.length > 0);
  });

  it("say of a file that needs too much memory that it does", async () => {
    const bytes = sequence(Buffer.alloc(6_000_000, Buffer.from([0x30, 0])));
    const opening = new Pkcs12Threads(60_000).open({ bytes, password: "" });
    await assert.rejects(opening, /pkcs12: needs too much memory to be opened\. /);
  });

  it("are replaced where they ended while they were idle", async () => {
    await Promise.all(started.map((worker) => worker.terminate()));
    const before = started.length;
    const opened = await Promise.all([threads.open(typical), threads.open(typical)]);
    assert.ok(opened.every(({ certificates }) => certificates.length > 0));
    assert.equal(started.length - before, 2);
  });

  it("that end before they can be asked leave the file to their process", async () => {
    const end = (worker: Worker): void => void worker.terminate();
    process.on("worker", end);
    try {
      assert.ok((await new Pkcs12Threads().open(typical)).certificates.length > 0);
    } finally {
      process.off("worker", end);
    }
  });

  it("keep no process alive, in the compiled package", () => {
    const program = `
      const { readFileSync } = require("node:fs");
      const { readPkcs12 } = require("./dist/provider/keys/pkcs12");
      readPkcs12(readFileSync(${JSON.stringify(TYPICAL)}), "fixture").then(({ leaf }) => {
        const { workers } = process.report.getReport();
        console.log(leaf.subject, workers.length);
      });`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", program], {
      cwd: ROOT,
      encoding: "utf8",
      timeout: 20_000,
    });
    assert.deepEqual({ stdout, stderr, status }, { stdout: "CN=alice@example.com 1\n", stderr: "", status: 0 });
  });
});
