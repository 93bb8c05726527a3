/**
 * Functions: questions that a program asks and that change nothing. What one is, and how any is called: the counterpart
 * of lifecycle.ts. It knows neither Pulumi nor HTTP; adapters translate to and from it.
 */
import {
  hideValue,
  pick,
  questionFailures,
  type Args,
  type Failure,
  type Fields,
  type Result,
  type Values,
} from "./fields";
import type { Context } from "./lifecycle";

/** A function as a value. `C` is what it needs from outside. */
export interface DataFunction<A extends Fields, R extends Fields, C extends Context> {
  readonly token: string;
  readonly description: string;
  /** Rows that a program writes. */
  readonly args: A;
  /** Rows with `output`. */
  readonly result: R;
  /** What is wrong with well-shaped arguments, found without a request. Pulumi's SDKs call with no unknown ones. */
  check?(args: Args<A>, context: C): readonly Failure[];
  /** Throws MailKeyError where there is no answer. */
  call(args: Args<A>, context: C): Promise<Result<R>>;
  /** Whether this answer has no secret in it, whatever its rows say: to a program, one secret makes all of an answer secret. */
  isPublic?(result: Values): boolean;
}

/** Either failures or a result; the result is empty where there are failures. */
export interface Invoked {
  readonly result: Values;
  readonly failures: readonly Failure[];
}

export async function invoke<A extends Fields, R extends Fields, C extends Context>(
  called: DataFunction<A, R, C>,
  args: Values,
  context: C,
): Promise<Invoked> {
  const misshapen = questionFailures(called.args, args, "function");
  if (misshapen.length > 0) return { result: {}, failures: misshapen };
  const given = pick(called.args, args, () => true) as Args<A>;
  const failures = called.check?.(given, context).map((failure) => hideValue(called.args, failure)) ?? [];
  if (failures.length > 0) return { result: {}, failures };
  return { result: pick(called.result, await called.call(given, context), (row) => row.output === true), failures };
}
