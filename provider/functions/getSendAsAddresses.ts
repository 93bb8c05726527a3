/**
 * The addresses that a mailbox may send from.
 *
 * ```ts
 * const { addresses } = await getSendAsAddresses({ userId: "alice@example.com" });
 * ```
 */
import type { Args, Field, Result } from "../fields";
import type { DataFunction } from "../invoke";
import { addressFields, checkMailbox } from "../resources/address";
import { addressesOf } from "../resources/observed";
import type { Services } from "../resources/services";
import { argument } from "./rows";

const args = { userId: argument(addressFields.userId, "required") } as const satisfies Record<string, Field>;

const result = {
  addresses: {
    type: "objects",
    output: true,
    always: true,
    item: {
      name: "SendAsAddress",
      fields: {
        sendAsEmail: { type: "string", input: "required", description: "The address." },
        displayName: { type: "string", input: "optional", description: "The name shown with it, if one is set." },
        isPrimary: { type: "boolean", input: "required", description: "Whether it is the mailbox's own address." },
        isDefault: {
          type: "boolean",
          input: "required",
          description: "Whether new mail is sent from it. This is not the default S/MIME certificate.",
        },
        treatAsAlias: {
          type: "boolean",
          input: "required",
          description: "Whether Gmail treats it as an alias of the mailbox.",
        },
        verificationStatus: {
          type: "string",
          input: "optional",
          description: "`accepted` or `pending`; only addresses that are not the mailbox's own have one.",
        },
      },
    },
    description: "The send-as addresses of the mailbox, the primary one first.",
  },
} as const satisfies Record<string, Field>;

type A = typeof args;
type R = typeof result;

export const getSendAsAddresses: DataFunction<A, R, Services> = {
  token: "getSendAsAddresses",
  description: "The send-as addresses of a Gmail mailbox.",
  args,
  result,
  check: (args, services) => checkMailbox(args.userId, services).failures,
  call,
};

async function call(written: Args<A>, services: Services): Promise<Result<R>> {
  const { userId } = checkMailbox(written.userId, services);
  return { addresses: await addressesOf(String(userId), services) };
}
