/**
 * What vouches for this process to Google's security token service: a file's, a URL's, an executable's or AWS's token, read
 * by Google's library. Only that: what is done with it goes through our own transport, which follows no redirects.
 */
import { MailKeyError } from "../mailKeyError";
import type { FederatedIdentity } from "./credentials";
import { GoogleError } from "./googleError";
import type { Transport } from "./transport";

export async function subjectToken(
  { configuration, source }: FederatedIdentity,
  transport: Transport,
): Promise<string> {
  const { ExternalAccountClient } = await import("google-auth-library");
  try {
    const options = { ...configuration, transporterOptions: { fetchImplementation: transport.fetch } };
    const client = ExternalAccountClient.fromJSON(options as never);
    const token = await client?.retrieveSubjectToken();
    if (token) return token;
  } catch (error) {
    // the library's own words may quote the file, or what it was answered
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof GoogleError)
      throw new GoogleError({
        outcome: cause.outcome,
        said: `no subject token: its credential_source gave ${cause.said}`,
      });
  }
  throw new MailKeyError(refused(source));
}

const refused = (source: string): string =>
  `${source}: workload identity federation gave no subject token. Next: check the file's credential_source: that its file or URL is there in this job, and, for an executable, that GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 is set.`;
