/** A short run of every target of `npm run fuzz`, from one seed; the long one is by hand (see tests/fuzz/main.ts). */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { targets } from "./fuzz";
import { readOptions, USAGE } from "./fuzz/options";
import { runTarget, triesNothing } from "./fuzz/runner";
import type { Target } from "./fuzz/target";

const SEED = 20261122;
/** A second for each target: over HTTP a case takes up to 20 ms. */
const RUNS = 100;

describe("hostile input", () => {
  it("is asked for in a number that tries something", () => {
    for (const runs of ["0", "-5", "1.5", "many", "NaN", ""])
      assert.throws(() => readOptions([`--runs=${runs}`]), { message: USAGE }, runs);
    assert.throws(() => readOptions(["--seed=-1"]), { message: USAGE });
    assert.equal(readOptions(["--runs", "1"]).runs, 1);
  });

  for (const isTaken of [true, false])
    it(`tries nothing where all of it is ${isTaken ? "taken" : "refused"}`, async () => {
      const target: Target<number> = {
        name: "always",
        about: "",
        open: () => Promise.resolve({ cases: fc.integer(), run: () => Promise.resolve(isTaken) }),
      };
      const result = await runTarget(target, { runs: RUNS, seed: SEED });
      assert.deepEqual([result.failure, triesNothing(result)], [undefined, true]);
    });

  for (const target of targets) {
    it(`ends in our own errors, within limits, and betrays no secret: ${target.about}`, async () => {
      const result = await runTarget(target, { runs: RUNS, seed: SEED });
      const { failure } = result;
      const repeat = `npm run fuzz -- --runs 1 --target ${target.name} --seed ${String(SEED)} --path ${failure?.path ?? ""}`;
      assert.equal(failure, undefined, `${failure?.text ?? ""}\n${repeat}`);
      assert.ok(result.cases === RUNS && !triesNothing(result), "some cases are fit to be taken, and some are not");
    }).timeout(60_000);
  }
});
