/** The registry: token -> function. A further function is one file and one line here. */
import type { Fields } from "../fields";
import type { DataFunction } from "../invoke";
import { MailKeyError } from "../mailKeyError";
import type { Services } from "../resources/services";
import { getCallerIdentity } from "./getCallerIdentity";
import { getSendAsAddresses } from "./getSendAsAddresses";
import { getSmimeCertificates } from "./getSmimeCertificates";
import { inspectPkcs12 } from "./inspectPkcs12";
import { inspectPublicKey } from "./inspectPublicKey";
import { readFleet } from "./readFleet";

export const functions = {
  getSmimeCertificates,
  getSendAsAddresses,
  inspectPkcs12,
  inspectPublicKey,
  readFleet,
  getCallerIdentity,
} as const;
type FunctionToken = keyof typeof functions;
type AnyFunction = DataFunction<Fields, Fields, Services>;

/** A function by its token, for adapters, which handle rows by name only. */
export function functionOf(token: string): AnyFunction {
  const found: unknown = Object.hasOwn(functions, token) ? functions[token as FunctionToken] : undefined;
  if (found === undefined)
    throw new MailKeyError(`There is no function ${token}. There are ${Object.keys(functions).join(", ")}.`);
  return found as AnyFunction;
}
