/** A test that needs another language's tools: a machine may lack them. */
import assert from "node:assert/strict";

/** A user's machine may lack a language, and is told so; where everything must be there, which CI says, it fails. */
export function missing(test: Mocha.Context, needs: string): never {
  assert.ok(!process.env["CI"], `needs ${needs}`);
  process.stderr.write(`      left out, for it needs ${needs}\n`);
  return test.skip();
}
