/** What a mailbox holds already, so that it can be imported: its certificates, and the default of each address. */
import type { Args, Failure, Field } from "../fields";
import type { Address } from "../google/address";
import type { Listed, Listing } from "../list";
import { addressFields, addressId, checkAddress, checkMailbox, smimeInfoId } from "./address";
import { addressesOf, certificatesOn, type Observed } from "./observed";
import type { Services } from "./services";

const fields = {
  userId: { type: "string", input: "required", description: addressFields.userId.description },
  sendAsEmail: {
    type: "string",
    input: "optional",
    description: "One send-as address of that mailbox. Default: all but those that wait for verification.",
  },
} as const satisfies Record<string, Field>;
type Q = typeof fields;

export const certificateListing: Listing<Q, Services> = {
  fields,
  check,
  find: (query, services) => onEach(query, services, (address, observed) => named(address, observed)),
};

export const defaultListing: Listing<Q, Services> = {
  fields,
  check,
  find: (query, services) =>
    onEach(query, services, (address, observed) =>
      observed.some(({ info }) => info.isDefault)
        ? [{ id: `${addressId(address)}/defaultSmimeInfo`, name: `${nameOf(address)} default` }]
        : [],
    ),
};

function check({ userId, sendAsEmail }: Args<Q>, services: Services): readonly Failure[] {
  const { failures } =
    sendAsEmail === undefined ? checkMailbox(userId, services) : checkAddress({ userId, sendAsEmail }, services);
  return failures;
}

/** One address after another: Gmail counts the calls of a user that are under way at once (facts google C). */
async function onEach(
  query: Args<Q>,
  services: Services,
  list: (address: Address, observed: readonly Observed[]) => Listed[],
): Promise<Listed[]> {
  const found: Listed[] = [];
  for (const address of await addressesIn(query, services))
    found.push(...list(address, await certificatesOn(address, services)));
  return found;
}

async function addressesIn({ userId, sendAsEmail }: Args<Q>, services: Services): Promise<Address[]> {
  if (sendAsEmail !== undefined) {
    const { address } = checkAddress({ userId, sendAsEmail }, services);
    return address ? [address] : [];
  }
  const user = String(checkMailbox(userId, services).userId);
  const addresses = await addressesOf(user, services);
  const usable = addresses.filter(({ verificationStatus }) => verificationStatus !== "pending");
  return usable.map((each) => ({ userId: user, sendAsEmail: each.sendAsEmail }));
}

/** Several mailboxes may have the same alias, so its name says whose; `me` is one mailbox only. */
const nameOf = ({ userId, sendAsEmail }: Address): string =>
  [sendAsEmail, "me"].includes(userId) ? sendAsEmail : `${sendAsEmail} of ${userId}`;

/** By the day on which each expires; where two share it by fingerprint as well, and copies by Google's id. */
function named(address: Address, observed: readonly Observed[]): Listed[] {
  const names = [
    ({ facts }: Observed) => facts?.expiration.slice(0, 10) ?? "",
    ({ facts }: Observed) => facts && `${facts.expiration.slice(0, 10)} ${facts.fingerprint.slice(0, 8)}`,
  ];
  return observed.map((one) => {
    const name = names.find((of) => of(one) && observed.filter((other) => of(other) === of(one)).length === 1);
    return { id: smimeInfoId(address, one.info.id), name: `${nameOf(address)} ${name?.(one) ?? one.info.id}` };
  });
}
