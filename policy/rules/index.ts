/** The registry: a line a rule. */
import type { Rule } from "../rule";
import { allowedDomain } from "./allowedDomain";
import { allowedIssuer } from "./allowedIssuer";
import { daysLeft } from "./daysLeft";
import { keepOldKeys } from "./keepOldKeys";
import { keySize } from "./keySize";
import { noKeysInOutputs } from "./noKeysInOutputs";
import { noPlainKeys } from "./noPlainKeys";
import { protectDefault } from "./protectDefault";

export const rules: readonly Rule[] = [
  daysLeft,
  keySize,
  allowedIssuer,
  allowedDomain,
  noPlainKeys,
  noKeysInOutputs,
  protectDefault,
  keepOldKeys,
];
