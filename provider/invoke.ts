/**
 * Functions: questions that a program asks and that change nothing. What one is, and how any is called: the counterpart
 * of lifecycle.ts. It knows neither Pulumi nor HTTP; adapters translate to and from it.
 */
import { pick, shapeFailures, UNKNOWN, type Args, type Failure, type Fields, type Result, type Values } from "./fields";
import { hideValue, type Context } from "./lifecycle";

/** A function as a value. `C` is what it needs from outside. */
export interface DataFunction<A extends Fields, R extends Fields, C extends Context> {
  readonly token: string;
  readonly description: string;
  /** Rows that a program writes. */
  readonly args: A;
  /** Rows with `output`. */
  readonly result: R;
  /** What is wrong with well-shaped arguments, found without a request. */
  check?(args: Args<A>, context: C): readonly Failure[];
  /** Throws MailKeyError where there is no answer. */
  call(args: Args<A>, context: C): Promise<Result<R>>;
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
  const misshapen = [...shapeFailures(called.args, args, "function"), ...unknownFailures(args)];
  const failures = misshapen.length > 0 ? misshapen : (called.check?.(args as Args<A>, context) ?? []);
  if (failures.length > 0) return { result: {}, failures: failures.map((failure) => hideValue(called.args, failure)) };
  const given = pick(called.args, args, () => true) as Args<A>;
  return { result: pick(called.result, await called.call(given, context), (row) => row.output === true), failures: [] };
}

/** Pulumi's SDKs do not call a function whose arguments are not known yet, so one that comes has no answer. */
const unknownFailures = (args: Values): Failure[] =>
  Object.keys(args)
    .filter((name) => args[name] === UNKNOWN)
    .map((field) => ({ field, reason: `${field} is not known yet, so there is nothing to ask for.` }));
