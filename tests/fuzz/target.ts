/** What a target of the fuzzing is, and what may come out of the provider whatever goes in. */
import assert from "node:assert/strict";
import type { Arbitrary } from "fast-check";
import { KeyMaterialError } from "../../provider/keys/problem";
import { MailKeyError } from "../../provider/mailKeyError";
import { InitFailed, PluginError } from "../sessions";

/** One kind of hostile input. A further kind is one file and one line in index.ts. */
export interface Target<Case> {
  readonly name: string;
  /** What goes in, and where. */
  readonly about: string;
  /** Made once a run, of the same material every time, so that a seed and a path are enough to repeat a case. */
  open(): Promise<Opened<Case>>;
}

export interface Opened<Case> {
  readonly cases: Arbitrary<Case>;
  /** Whether the provider took it, or refused it as it should; rejects where something came out that may not. */
  run(value: Case): Promise<boolean>;
  close?(): Promise<void>;
}

/** Longer ones would fill a terminal; the longest of ours name a certificate's subject and addresses. */
const LONGEST_MESSAGE = 20_000;

/** Escape, backspace, carriage return and the like; a line may end and be indented. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** What is said: not the last guard's apology, no secret in it, nothing that rewrites a terminal. */
export function harmless(message: string, secrets: readonly string[]): void {
  assert.doesNotMatch(
    message,
    /defect of the provider|^INTERNAL|^UNAVAILABLE/,
    "an error that nobody foresaw came out",
  );
  assert.ok(message.length <= LONGEST_MESSAGE, `a message of ${String(message.length)} characters`);
  assert.doesNotMatch(message, CONTROLS, "a message rewrites the terminal");
  for (const secret of secrets) assert.ok(!message.includes(secret), `a secret is in the message: ${message}`);
}

/** What the work gives, or undefined where it throws one of our own errors. Anything else is a failure. */
export async function allowing<T>(
  secrets: readonly string[] | (() => readonly string[]),
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    assert.ok(error instanceof MailKeyError, `${String(error)} is none of our errors`);
    harmless(`${error.message} ${error.stack ?? ""}`, typeof secrets === "function" ? secrets() : secrets);
    if (error instanceof KeyMaterialError) {
      for (const { field, reason } of error.problems) assert.ok(reason.startsWith(`${field}: `), reason);
    }
    return undefined;
  }
}

/** The same through an adapter: over gRPC an error of ours has no class, only words. */
export async function allowingAnswer<T>(secrets: readonly string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isAnswer = [MailKeyError, InitFailed, PluginError].some((known) => error instanceof known);
    assert.ok(isAnswer && error instanceof Error, `${String(error)} is none of our errors`);
    harmless(error.message, secrets);
    return undefined;
  }
}

/** Secrets short enough to be a word of ours prove nothing. */
export const telling = (secrets: readonly string[]): string[] => secrets.filter((secret) => secret.length >= 8);
