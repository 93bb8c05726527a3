/** What a preview says of one declared resource: for the specs on bad input. */
import assert from "node:assert/strict";
import type { Declared, Problem } from "./story";
import type { World } from "./world";

/** The engine prints the value of the property that a failure names: of secrets and key material only the reason does. */
export const HIDDEN = "";

export async function failuresOf(world: World, declared: Declared): Promise<readonly Problem[]> {
  const outcome = await world.story().preview({ it: declared });
  assert.deepEqual(outcome.errors, {}, "a wrong value is a failure, not an error");
  assert.deepEqual(world.verbs(), [], "a preview sends nothing");
  return outcome.failures["it"] ?? [];
}

/** The one failure: which property the engine may show, and what it says. */
export async function assertRefused(
  world: World,
  declared: Declared,
  [property, reason]: readonly [string, RegExp],
): Promise<void> {
  const failures = await failuresOf(world, declared);
  assert.equal(failures.length, 1, JSON.stringify(failures));
  const [failure] = failures as [Problem];
  assert.equal(failure.property, property);
  assert.match(failure.reason, reason);
}
