/** The token of whoever asks IAM to sign: by workload identity federation, from the metadata server, or by OAuth. */
import { signByKey } from "./assertion";
import type { AuthorizedUser, Caller, FederatedIdentity, MetadataServer, ServiceAccountKey } from "./credentials";
import { GoogleError, redact } from "./googleError";
import { CLOUD_SCOPE } from "./scopes";
import { exchangeAssertion, readGrant, refusedBy, requestToken, type Grant } from "./tokenEndpoint";
import { subjectToken } from "./subjectToken";
import type { Answer, Call, Transport } from "./transport";

export interface Surroundings {
  readonly transport: Transport;
  readonly tokenUrl: string;
  readonly now: () => Date;
  /** Where Google's own libraries look for GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES, and what an executable gets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws a {@link GoogleError}. A ready access token needs no call. */
export function callerGrant(caller: Exclude<Caller, { kind: "accessToken" }>, around: Surroundings): Promise<Grant> {
  switch (caller.kind) {
    case "authorizedUser":
      return refresh(caller, around);
    case "serviceAccount":
      return ownToken(caller, around);
    case "federated":
      return federate(caller, around);
    case "metadataServer":
      return askMetadataServer(caller, around.transport);
  }
}

/** OAuth's refresh_token grant. */
export function refresh(user: AuthorizedUser, { transport, tokenUrl }: Surroundings): Promise<Grant> {
  const { clientId, clientSecret, refreshToken } = user;
  return requestToken(transport, {
    url: tokenUrl,
    form: {
      grant_type: "refresh_token",
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    },
    secrets: [clientSecret, refreshToken],
  });
}

function ownToken(account: ServiceAccountKey, { transport, tokenUrl, now }: Surroundings): Promise<Grant> {
  const assertion = signByKey(account, { scope: CLOUD_SCOPE, audience: tokenUrl, now: now() });
  return exchangeAssertion(transport, tokenUrl, assertion);
}

/**
 * RFC 8693 at Google's security token service. The federated token itself asks IAM to sign, whether or not the file names
 * an account to impersonate: one role (Service Account Token Creator, granted to the federated identity) is enough.
 */
async function federate(identity: FederatedIdentity, around: Surroundings): Promise<Grant> {
  const { configuration, tokenUrl } = identity;
  const subject = await subjectToken(identity, around);
  const text = (name: string): string => {
    const value = configuration[name];
    return typeof value === "string" ? value : "";
  };
  const [client, secret, project] = [text("client_id"), text("client_secret"), text("workforce_pool_user_project")];
  const basic = Buffer.from(`${client}:${secret}`).toString("base64");
  return requestToken(around.transport, {
    url: tokenUrl,
    ...(client !== "" && { headers: { Authorization: `Basic ${basic}` } }),
    form: {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      audience: text("audience"),
      scope: CLOUD_SCOPE,
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      subject_token: subject,
      subject_token_type: text("subject_token_type"),
      ...(project !== "" && client === "" && { options: JSON.stringify({ userProject: project }) }),
    },
    secrets: [subject, secret, basic],
  });
}

/** Compute Engine's metadata server, which Cloud Run, GKE and Cloud Build have too. */
async function askMetadataServer({ host: named }: MetadataServer, transport: Transport): Promise<Grant> {
  const host = named ?? "metadata.google.internal";
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  const headers = { "Metadata-Flavor": "Google" };
  const call: Call = { method: "GET", url, headers, deadline: METADATA_MILLISECONDS };
  // where there is one, no answer is waited out like any other's
  const answer = await (named === undefined ? lookFor(call, transport) : transport.send(call));
  if (answer && isBusy(answer)) throw refusedBy(answer, { reason: undefined, words: "", secrets: [] });
  if (answer?.headers.get("metadata-flavor") === "Google") return readGrant(answer, []);
  throw new GoogleError({ outcome: "refused", said: `no answer of a metadata server at ${redact(host, [])}` });
}

const METADATA_MILLISECONDS = 3_000;
/** Until when it is looked for where nobody said that there is one: with the last try, about ten seconds. */
const LOOKED_FOR = 6_000;
const BETWEEN_LOOKS = 1_000;

/**
 * Undefined where there is none. That of GKE is not ready in the first seconds of a pod; a name that nobody has, though,
 * says that this is no machine of Google Cloud's.
 */
async function lookFor(call: Call, transport: Transport): Promise<Answer | undefined> {
  for (const start = transport.elapsed(); ;) {
    try {
      return await transport.send(call);
    } catch (error) {
      const isOver = codeOf(error) === "ENOTFOUND" || transport.elapsed() - start > LOOKED_FOR;
      // of a call that was stopped a sleep throws why, and then nothing is known of the server
      await transport.sleep(isOver ? 0 : BETWEEN_LOOKS);
      if (isOver) return undefined;
    }
  }
}

const codeOf = (error: unknown): string | undefined => (error instanceof GoogleError ? error.reason : undefined);
const isBusy = ({ status }: Answer): boolean => status === 429 || status >= 500;
