/**
 * Which credential is in use, for whom, with which scopes, and everything that is missing, before the first up.
 *
 * ```ts
 * const { usable, findings } = await getCallerIdentity({ userId: "alice@example.com" });
 * ```
 */
import type { Args, Failure, Field, Result } from "../fields";
import type { DataFunction } from "../invoke";
import { addressFields, checkAddress, checkMailbox } from "../resources/address";
import { auditPublicKey, checkDomain } from "../resources/auditPublicKey";
import type { Services } from "../resources/services";
import { argument } from "./rows";

const args = {
  userId: argument(
    {
      ...addressFields.userId,
      description: `${addressFields.userId.description} Left out: no mailbox is asked about.`,
    },
    "optional",
  ),
  sendAsEmail: argument(addressFields.sendAsEmail, "optional"),
  domain: argument(
    {
      ...auditPublicKey.fields.domain,
      description: "The domain of an AuditPublicKey. Left out: it is not asked about.",
    },
    "optional",
  ),
} as const satisfies Record<string, Field>;

const result = {
  kind: {
    type: "string",
    output: true,
    always: true,
    values: ["serviceAccountKey", "keyless", "authorizedUser", "accessToken", "none"],
    description: "The kind of credential.",
  },
  source: { type: "string", output: true, description: "The setting or the environment variable that it is from." },
  serviceAccount: { type: "string", output: true, description: "The service account that acts for users." },
  clientId: {
    type: "string",
    output: true,
    description:
      "What an administrator authorises: a service account's client ID, or a user's OAuth client. Not known of a keyless one.",
  },
  caller: {
    type: "string",
    output: true,
    values: ["serviceAccountKey", "authorizedUser", "accessToken", "federated", "metadataServer"],
    description: "Without a key, who asks IAM to sign.",
  },
  callerSource: { type: "string", output: true, description: "Where that credential is from." },
  subject: {
    type: "string",
    output: true,
    description: "For whom tokens for the mailbox are; of a user's own token, whose it is, where Gmail tells.",
  },
  adminEmail: { type: "string", output: true, description: "For whom tokens for the audit key are." },
  endpoint: { type: "string", output: true, always: true, description: "The origin of the Gmail API." },
  scopes: {
    type: "objects",
    output: true,
    always: true,
    item: {
      name: "NeededScope",
      fields: {
        scope: { type: "string", input: "required", description: "The OAuth scope." },
        purpose: { type: "string", input: "required", description: "What it is for." },
        granted: {
          type: "boolean",
          input: "optional",
          description: "Whether it is granted; absent where that is not known.",
        },
        problem: { type: "string", input: "optional", description: "Why there is no token with it." },
      },
    },
    description: "The scopes that the arguments need.",
  },
  findings: {
    type: "objects",
    output: true,
    always: true,
    item: {
      name: "IdentityFinding",
      fields: {
        code: {
          type: "string",
          input: "optional",
          description: "A name for this kind of finding, such as noAdminEmail, or Google's own reason.",
        },
        severity: {
          type: "string",
          input: "required",
          values: ["error", "warning"],
          description: "An error stops an up.",
        },
        reason: { type: "string", input: "required", description: "What is missing, and the next step." },
      },
    },
    description: "Everything that is missing.",
  },
  usable: {
    type: "boolean",
    output: true,
    description:
      "Whether no finding is an error. Left out where nothing is missing, but nothing was tried either: where neither a mailbox nor a domain is named, or a domain alone with a ready access token, for the audit key has no read.",
  },
} as const satisfies Record<string, Field>;

type A = typeof args;
type R = typeof result;

export const getCallerIdentity: DataFunction<A, R, Services> = {
  token: "getCallerIdentity",
  description:
    "Which credential is in use, for whom, with which scopes, and what is missing. It gets tokens and reads; nothing is written.",
  args,
  result,
  check: (asked, services) => [...checkUser(asked, services), ...checkDomain(asked.domain).failures],
  call,
};

/** `me` alone is enough here: Gmail says which address that is. */
function checkUser({ userId, sendAsEmail }: Args<A>, services: Services): readonly Failure[] {
  if (userId !== undefined && sendAsEmail !== undefined)
    return checkAddress({ userId, sendAsEmail }, services).failures;
  if (userId !== undefined) return checkMailbox(userId, services).failures;
  if (sendAsEmail === undefined) return [];
  return [{ field: "sendAsEmail", reason: "sendAsEmail is an address of a mailbox: write the mailbox's userId too." }];
}

async function call({ userId, sendAsEmail, domain }: Args<A>, services: Services): Promise<Result<R>> {
  const [user, address, name] = [userId, sendAsEmail, domain].map((text) => text?.trim().toLowerCase());
  return services.identity.of({ userId: user, sendAsEmail: address, domain: name });
}
