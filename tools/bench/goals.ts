/** What this project wants to reach, beside what was measured. */
import { PARALLEL } from "./sample";
import type { BySize, Results } from "./results";

export interface Goal {
  readonly about: string;
  readonly found: number;
  readonly bound: "at most" | "at least" | "exactly";
  readonly goal: number;
}

/** At which a goal is set; smaller stacks are mostly the start of the processes. */
const GOAL_SIZES = ["500", "2000"];

/** In the order of the page. */
export function goalsOf(results: Results): Goal[] {
  const { requests, vsSample, growthExponent } = results;
  const exponent = growthExponent === null ? [] : [atMost("growth exponent of up", growthExponent, 1.1)];
  return [
    ...atSizes("wall time of up", results.upRatio, 1.5),
    ...atSizes("CPU time of up", results.upCpuRatio, 1.25),
    ...exponent,
    atLeast(
      `single resources at --parallel ${String(PARALLEL)}, times the sample's users a second`,
      vsSample.resources,
      6,
    ),
    atLeast("fleet, times the sample's users a second", vsSample.fleet, 12),
    exactly("requests of a certificate with its default", requests.create, 4),
    exactly("requests of their refresh", requests.refresh, 2),
    exactly("requests of an up without a change", requests.noop, 0),
    exactly("requests of a rotation", requests.rotate, 5),
    atMost("bytes of state of a certificate, beyond a no-op's", results.stateBytes, 4096),
    atMost("bytes of the stored provider's code", results.providerTextBytes, 300),
    atMost("preview of an unchanged fleet, times an empty stack's", results.fleetPreviewRatio, 2.5),
    atMost("bytes of state a row of the fleet", results.fleetStateBytesPerRow, 400),
    atMost("MiB of provider memory in the fleet's up", results.providerRssMb, 400),
  ];
}

export function isMet({ found, bound, goal }: Goal): boolean {
  if (bound === "exactly") return found === goal;
  return bound === "at most" ? found <= goal : found >= goal;
}

/** `found 1.7, goal at most 1.5: missed by 13 %`. */
export function verdict(goal: Goal): string {
  if (isMet(goal)) return "met";
  return goal.goal === 0 ? "missed" : `missed by ${Math.abs((goal.found / goal.goal - 1) * 100).toFixed(0)} %`;
}

function atSizes(about: string, ratios: BySize, goal: number): Goal[] {
  return GOAL_SIZES.flatMap((size) => {
    const found = ratios[size];
    return found === undefined ? [] : [atMost(`${about} at ${size} resources, times the no-op's`, found, goal)];
  });
}

const atMost = (about: string, found: number, goal: number): Goal => ({ about, found, bound: "at most", goal });
const atLeast = (about: string, found: number, goal: number): Goal => ({ about, found, bound: "at least", goal });
const exactly = (about: string, found: number, goal: number): Goal => ({ about, found, bound: "exactly", goal });
