// What can be wrong with key material, told so that a platform team knows the field and the next step.
import { MailKeyError } from "../mailKeyError";

/** One thing that is wrong. The reason starts with the field's name: Pulumi cannot name a secret field otherwise. */
export interface KeyProblem {
  code: string;
  field: "pkcs12" | "password" | "privateKey" | "certificate" | "chain" | "publicKey" | "sendAsEmail";
  /** What is wrong, and the next step; never a secret. */
  reason: string;
}

/** What a certificate is found to be: refused, or worth a warning. */
export interface Finding {
  code: string;
  severity: "error" | "warning";
  field: KeyProblem["field"];
  reason: string;
}

/** Everything that is wrong at once. Carries no cause and no stack: parsers quote their input, which is secret. */
export class KeyMaterialError extends MailKeyError {
  readonly problems: readonly KeyProblem[];

  constructor(problems: readonly KeyProblem[]) {
    super(problems.map((problem) => problem.reason).join(" "));
    this.problems = problems;
  }
}

/** The error for one problem; `text` is the sentence without the field's name. */
export function keyError(field: KeyProblem["field"], code: string, text: string): KeyMaterialError {
  return new KeyMaterialError([{ code, field, reason: `${field}: ${text}` }]);
}

/** The last guard: whatever a parser threw becomes a plain "cannot be read", for raw errors quote secrets. */
export function asKeyMaterialError(error: unknown, field: KeyProblem["field"], text: string): KeyMaterialError {
  return error instanceof KeyMaterialError ? error : keyError(field, "unreadable", text);
}
