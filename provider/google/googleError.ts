/**
 * What Google refused, or did not answer, as one error type. It is redacted when it is built, so that no path can
 * forget it, and keeps neither the request nor the cause.
 */
import { MailKeyError } from "../mailKeyError";

/**
 * `refused`: not carried out. `unsent`: never reached Google. `ambiguous`: it may have been carried out
 * (no answer, 408, 5xx).
 */
export type Outcome = "refused" | "unsent" | "ambiguous";

interface Refusal {
  readonly outcome: Outcome;
  readonly status?: number;
  /** Google's machine-readable reason (`errors[0].reason`, OAuth's `error`, or the audit API's error code). */
  readonly reason?: string;
  /** Google's own words, redacted. */
  readonly said: string;
  readonly retryAfter?: string;
  /** Who gave no answer. */
  readonly host?: string;
}

const UNSENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

export class GoogleError extends MailKeyError {
  readonly outcome: Outcome;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly said: string;
  readonly retryAfter: string | undefined;
  readonly host: string | undefined;

  constructor(refusal: Refusal, sentence = refusal.said) {
    super(sentence);
    this.outcome = refusal.outcome;
    this.status = refusal.status;
    this.reason = refusal.reason;
    this.said = refusal.said;
    this.retryAfter = refusal.retryAfter;
    this.host = refusal.host;
  }

  override get mayBeDone(): boolean {
    return this.outcome === "ambiguous";
  }

  override get concerns(): "one" | "all" {
    return this.status === undefined || this.status === 429 || this.status >= 500 ? "all" : "one";
  }

  /** No answer came. Only the error's code is kept: messages of the HTTP layer may quote headers. */
  static noAnswer(error: unknown, host?: string): GoogleError {
    if (error instanceof GoogleError) return error;
    const code = errorCode(error);
    const outcome = UNSENT.has(code) ? "unsent" : "ambiguous";
    const from = host !== undefined && { host };
    return new GoogleError({ outcome, reason: code, said: `no answer (${code})`, ...from });
  }

  static answered(status: number, said: string, details: { reason?: string; retryAfter?: string } = {}): GoogleError {
    const outcome = status === 408 || status >= 500 ? "ambiguous" : "refused";
    return new GoogleError({ outcome, status, said, ...details });
  }

  /** The same refusal, told as a sentence. */
  explained(sentence: string): GoogleError {
    const { outcome, status, reason, said, retryAfter, host } = this;
    const known = { ...(status !== undefined && { status }), ...(reason !== undefined && { reason }) };
    const more = { ...(retryAfter !== undefined && { retryAfter }), ...(host !== undefined && { host }) };
    return new GoogleError({ outcome, said, ...known, ...more }, sentence);
  }
}

/** The code of an error or of its causes; `fetch` hides the socket's code one or two levels down. */
function errorCode(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const { code } = cause as { code?: unknown };
    if (typeof code === "string" && /^[A-Z_]+$/.test(code)) return code;
    if (cause.name === "TimeoutError") return "timeout";
    if (/larger than 1 MiB/.test(cause.message)) return "answer larger than 1 MiB";
  }
  return "connection lost";
}

/**
 * Google's words, fit to print: one line, at most 300 characters, and without the given secrets, which some servers
 * echo, in any of the forms that {@link formsOf} knows.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const form of secrets.filter((value) => value.length >= 3).flatMap(formsOf))
    clean = clean.split(form).join(REDACTED);
  clean = clean.replace(/[A-Za-z0-9+/_=-]{60,}/g, REDACTED);
  // control characters could rewrite a terminal line
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
  return clean.length > 300 ? `${clean.slice(0, 300)}…` : clean;
}

const REDACTED = "[redacted]";

/** Plain, escaped as in JSON and URLs, hex, and base64 at any place inside a longer encoded text; the longest first. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  // base64 packs three bytes at a time, so what it shows depends on where in the packing the secret begins
  const packed = [0, 1, 2]
    .map((skipped) => bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3)))
    .filter((whole) => whole.length >= 3)
    .flatMap((whole) => [whole.toString("base64"), whole.toString("base64url")]);
  const whole = [bytes.toString("base64"), bytes.toString("base64url")];
  const url = [encodeURIComponent(secret), new URLSearchParams([["", secret]]).toString().slice(1)];
  const forms = [secret, JSON.stringify(secret).slice(1, -1), ...url, hex, hex.toUpperCase(), ...whole, ...packed];
  return [...new Set(forms)].sort((one, other) => other.length - one.length);
}
