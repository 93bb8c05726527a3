// The short form of `npm run chaos`: twenty random lives, some of them on the real engine.
import assert from "node:assert/strict";
import { Lanes, type Report } from "./chaos/lanes";
import { ENGINES_SHARE } from "./chaos/scenario";

/** Of these, each that runs the real engine has a fleet, and most are hit or killed on the way. */
const FIRST = 26;
const SEEDS = Array.from({ length: 20 }, (_, index) => FIRST + index);

describe("random programs, faults, kills and edits by hand", function () {
  this.timeout(900_000);
  const reports: Report[] = [];

  before(async () => {
    await new Lanes({ onReport: (report) => reports.push(report) }).run(SEEDS);
  });

  it("leave after one clean up what is declared once, what is not ours untouched, and no secret anywhere", () => {
    const failed = reports.filter(({ problems }) => problems.length > 0);
    const told = failed.map(({ scenario: { seed }, problems }) =>
      [`npm run chaos -- --seeds 1 --first ${String(seed)}`, ...problems].join("\n  "),
    );
    assert.ok(failed.length === 0, told.join("\n"));
    assert.equal(reports.length, SEEDS.length);
  });

  it("were hit by faults, and killed, in a story and on the real engine", () => {
    for (const sort of ["story", "engine"] as const) {
      const ofSort = reports.filter(({ scenario }) => scenario.sort === sort);
      assert.equal(ofSort.length, SEEDS.filter((seed) => (seed % ENGINES_SHARE === 0) === (sort === "engine")).length);
      assert.ok(ofSort.some(({ faults }) => faults > 0) && ofSort.some(({ kills }) => kills > 0), sort);
    }
  });
});
