/** No private key among the stack's outputs, secret or not: other stacks and whoever may read this one get it from there. */
import { keysIn } from "../keyMaterial";
import type { Rule } from "../rule";

export const noKeysInOutputs: Rule = {
  name: "no-keys-in-outputs",
  description: "Private keys must not be outputs of the stack.",
  level: "mandatory",
  settings: [],
  asked: "outputs",
  check: ({ type, properties }) => {
    const found = type === "pulumi:pulumi:Stack" ? keysIn(properties) : [];
    return found.map(
      ({ path, what }) =>
        `${path}: it holds ${what}. Do not export it. Whether it is a secret, a policy is not told of outputs.`,
    );
  },
};
