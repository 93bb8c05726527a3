/** A short run of every target of `npm run fuzz`, from one seed; the long one is by hand (see tests/fuzz/main.ts). */
import assert from "node:assert/strict";
import { targets } from "./fuzz";
import { runTarget } from "./fuzz/runner";

const SEED = 20261122;
/** A second for each target: over HTTP a case takes up to 20 ms. */
const RUNS = 100;

describe("hostile input", () => {
  for (const target of targets) {
    it(`ends in our own errors, within limits, and betrays no secret: ${target.about}`, async () => {
      const { failure, taken, cases } = await runTarget(target, { runs: RUNS, seed: SEED });
      const repeat = `npm run fuzz -- --runs 1 --target ${target.name} --seed ${String(SEED)} --path ${failure?.path ?? ""}`;
      assert.equal(failure, undefined, `${failure?.text ?? ""}\n${repeat}`);
      assert.ok(taken > 0 && taken < cases, "some cases are fit to be taken, and some are not");
    }).timeout(60_000);
  }
});
