/**
 * What vouches for this process to Google's security token service: a file's, a URL's or AWS's token, read by Google's
 * library, or an executable's. What is done with it goes through our own transport, which follows no redirects.
 */
import { MailKeyError } from "../mailKeyError";
import type { FederatedIdentity } from "./credentials";
import { GoogleError } from "./googleError";
import { object } from "./jsonObject";
import { executableToken, type Executable } from "./subjectExecutable";
import type { Transport } from "./transport";

export interface SubjectSurroundings {
  readonly transport: Transport;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

/** Throws a {@link GoogleError} where it may be there in a moment, else a {@link MailKeyError}. */
export async function subjectToken(identity: FederatedIdentity, around: SubjectSurroundings): Promise<string> {
  const executable = executableOf(identity);
  const token = executable
    ? await executableToken(executable, identity, around)
    : await readByLibrary(identity, around.transport);
  if (token !== undefined) return token;
  await around.transport.sleep(0); // of a call that was stopped meanwhile this throws why, and then nothing is wrong here
  throw new MailKeyError(
    `${identity.source}: workload identity federation gave no subject token. Next: check the file's credential_source: that its file or URL is there in this job, and, for an executable, that GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 is set and that it prints a token.`,
  );
}

function executableOf({ configuration }: FederatedIdentity): Executable | undefined {
  const executable = object(object(configuration["credential_source"])["executable"]);
  const { command } = executable;
  return typeof command === "string" ? { ...executable, command } : undefined;
}

async function readByLibrary({ configuration }: FederatedIdentity, transport: Transport): Promise<string | undefined> {
  const { ExternalAccountClient } = await import("google-auth-library");
  try {
    const options = { ...configuration, transporterOptions: { fetchImplementation: transport.fetch } };
    const client = ExternalAccountClient.fromJSON(options as never);
    const token: unknown = await client?.retrieveSubjectToken();
    return typeof token === "string" ? token : undefined;
  } catch (error) {
    // the library's own words may quote the file, or what it was answered
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof GoogleError)) return undefined;
    const said = `no subject token: its credential_source gave ${cause.said}`;
    throw new GoogleError({ outcome: cause.outcome, said });
  }
}
