/**
 * An executable that vouches for this process (Google's "executable-sourced credentials"). Not by Google's library: there
 * an executable that is missing, or ended by a signal, ends the whole provider (google-auth-library 10.5.0).
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { FederatedIdentity } from "./credentials";
import { parseJson } from "./jsonObject";
import type { SubjectSurroundings } from "./subjectToken";
import type { Transport } from "./transport";

type Environment = Readonly<Record<string, string | undefined>>;

/** `credential_source.executable`, as gcloud writes it. */
export interface Executable {
  readonly command: string;
  /** Milliseconds; without it, 30 s. */
  readonly timeout_millis?: unknown;
  /** Where the executable keeps an answer for the next time. */
  readonly output_file?: unknown;
}

/** What of our environment is a secret that no executable is meant to have, by how its name begins. */
const SECRETS = /^(GOOGLEWORKSPACE_|PULUMI_CONFIG)/i;

/** Undefined where it gave none that still holds, or was ended. Nobody sees what it wrote: that may be a token. */
export async function executableToken(
  { command, timeout_millis: timeout, output_file: file }: Executable,
  { configuration, impersonates }: FederatedIdentity,
  { environment, now, transport }: SubjectSurroundings,
): Promise<string | undefined> {
  if (environment["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"] !== "1") return undefined;
  const kept = typeof file === "string" ? await readFile(file, "utf8").catch(() => "") : "";
  const known = tokenOf(kept, now());
  if (known !== undefined) return known;
  const milliseconds = typeof timeout === "number" ? Math.min(Math.max(timeout, 5_000), 120_000) : 30_000;
  const answer = await run(command, milliseconds, transport, {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => !SECRETS.test(name))),
    GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: String(configuration["audience"]),
    GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: String(configuration["subject_token_type"]),
    GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: "0",
    ...(impersonates !== undefined && { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: impersonates }),
    ...(typeof file === "string" && { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: file }),
  });
  return tokenOf(answer, now());
}

/** Milliseconds between two looks at whether the call that waits for the executable was stopped. */
const LOOK_AGAIN = 250;

/**
 * What it prints, up to 1 MiB; nothing where it cannot be run, fails, takes too long or is wanted no more: a sleep of a call
 * that was stopped rejects. No shell reads the command.
 */
async function run(command: string, timeout: number, transport: Transport, env: Environment): Promise<string> {
  const words = command.match(/(?:[^\s"]+|"[^"]*")+/g) ?? [];
  const [file = "", ...args] = words.map((word) => word.replace(/^"(.*)"$/, "$1"));
  const unwanted = new AbortController();
  const end = (): void => unwanted.abort();
  const looking = setInterval(() => void transport.sleep(0).catch(end), LOOK_AGAIN);
  try {
    const options = { env, timeout, killSignal: "SIGKILL", windowsHide: true, signal: unwanted.signal } as const;
    return (await promisify(execFile)(file, args, options)).stdout;
  } catch {
    return "";
  } finally {
    clearInterval(looking);
  }
}

/** `{version: 1, success: true, token_type, id_token or saml_response, expiration_time}`, the time in seconds. */
function tokenOf(answer: string, now: Date): string | undefined {
  const { success, id_token: idToken, saml_response: saml, expiration_time: expires } = parseJson(answer);
  const token = idToken ?? saml;
  const holds = typeof expires !== "number" || expires * 1000 > now.getTime();
  return success === true && holds && typeof token === "string" && token !== "" ? token : undefined;
}
