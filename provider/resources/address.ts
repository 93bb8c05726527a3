/** A mailbox and one of its addresses, as the S/MIME resources take them, and the ids made from them. */
import { UNKNOWN, type Failure, type Field, type Unknown } from "../fields";
import type { Address } from "../google/address";
import type { Claim } from "../lifecycle";
import { MailKeyError } from "../mailKeyError";
import type { Services } from "./services";

export const addressFields = {
  userId: {
    type: "string",
    input: "required",
    output: true,
    always: true,
    replaces: true,
    description: "The mailbox: the user's primary address, or `me` with the user's own access token.",
  },
  sendAsEmail: {
    type: "string",
    input: "optional",
    output: true,
    always: true,
    replaces: true,
    description: "The send-as address of that mailbox. Default: userId.",
  },
} as const satisfies Record<string, Field>;

export const endpointField = {
  type: "string",
  output: true,
  always: true,
  description: 'The API\'s origin; a later run through another one is an error, never "gone".',
} as const satisfies Field;

type Written = { readonly [K in keyof Address]?: Address[K] | Unknown };

interface CheckedAddress {
  readonly computed: Written;
  /** Undefined while either part is not known or wrong. */
  readonly address: Address | undefined;
  readonly failures: readonly Failure[];
}

interface CheckedMailbox {
  readonly userId: string | Unknown | undefined;
  readonly failures: readonly Failure[];
}

/** The mailbox in lower case: Gmail does not tell cases apart. */
export function checkMailbox(written: Written["userId"], services: Services): CheckedMailbox {
  const failures: Failure[] = [];
  const userId = canonical(written);
  if (typeof userId === "string" && userId !== "me") complain(failures, "userId", userId);
  if (userId === "me" && services.impersonates()) {
    failures.push({
      field: "userId",
      reason: "userId is me, but a service account acts for a user only by name. Write the mailbox's primary address.",
    });
  }
  return { userId, failures };
}

/** Both in lower case, sendAsEmail defaulting to userId. */
export function checkAddress({ userId, sendAsEmail }: Written, services: Services): CheckedAddress {
  const { userId: user, failures: wrong } = checkMailbox(userId, services);
  const failures = [...wrong];
  if (typeof sendAsEmail === "string") complain(failures, "sendAsEmail", sendAsEmail.trim());
  if (user === "me" && sendAsEmail === undefined) {
    failures.push({ field: "sendAsEmail", reason: "sendAsEmail is required where userId is me: name the address." });
  }
  const address = canonical(sendAsEmail) ?? user;
  const known = failures.length === 0 && typeof user === "string" && typeof address === "string";
  return {
    computed: { ...(user !== undefined && { userId: user }), ...(address !== undefined && { sendAsEmail: address }) },
    address: known ? { userId: user, sendAsEmail: address } : undefined,
    failures,
  };
}

const canonical = (value: string | Unknown | undefined): string | Unknown | undefined =>
  typeof value === "string" ? value.trim().toLowerCase() : value;

function complain(failures: Failure[], field: string, value: string): void {
  const decoded = value.replaceAll("%40", "@");
  if (!value.includes("@") && isAddress(decoded)) {
    failures.push({ field, reason: `${field} is percent-encoded. Write ${decoded}.` });
  } else if (!isAddress(value)) {
    failures.push({ field, reason: `${field} is not an e-mail address. Write it as in alice@example.com.` });
  }
}

/** A domain has letters, digits, hyphens and dots: what stands behind another separator may be a password. */
const isAddress = (value: string): boolean =>
  value.length <= 254 && /^[^\s@<>"|;,:/\\]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$/u.test(value);

/** A certificate on an address, by its leaf's SHA-256; `copy` is Google's id. */
export const certificateClaim = (
  { userId: user, sendAsEmail }: Address,
  fingerprint: string,
  copy: string | undefined,
): Claim => ({ user, object: `${sendAsEmail} ${fingerprint}`, copy });

/** What an address signs with. */
export const defaultClaim = ({ userId: user, sendAsEmail }: Address): Claim => ({
  user,
  object: `${sendAsEmail} default`,
});

/** A fleet has rows of an address: what it keeps there for old mail is in its state alone, so nobody else deletes keys there. */
export const rowsClaim = ({ userId: user, sendAsEmail }: Address): Claim => ({ user, object: `${sendAsEmail} rows` });

/** A resource that declares anything on an address: what others left there for old mail stays. */
export const addressClaim = ({ userId: user, sendAsEmail }: Address): Claim => ({
  user,
  object: `${sendAsEmail} address`,
});

/** `users/{userId}/settings/sendAs/{sendAsEmail}`, as in Gmail's API paths; only what would break the path is encoded. */
export function addressId({ userId, sendAsEmail }: Address): string {
  return `users/${encodePart(userId)}/settings/sendAs/${encodePart(sendAsEmail)}`;
}

export const smimeInfoId = (address: Address, id: string): string => `${addressId(address)}/smimeInfo/${id}`;

export interface SmimeInfoName {
  readonly address: Address;
  readonly certificateId: string;
}

/** Undefined where `text` is no such id. Parts may be percent-encoded, as in a copied URL. */
export function parseSmimeInfoId(text: string): SmimeInfoName | undefined {
  const parts = /^users\/([^/]+)\/settings\/sendAs\/([^/]+)\/smimeInfo\/([^/]+)$/.exec(text);
  const [userId, sendAsEmail, certificateId] = (parts ?? []).slice(1).map(decodePart);
  if (!userId || !sendAsEmail || !certificateId) return undefined;
  return { address: { userId: userId.toLowerCase(), sendAsEmail: sendAsEmail.toLowerCase() }, certificateId };
}

const encodePart = (part: string): string => part.replace(/[%/?#\s]/g, (character) => encodeURIComponent(character));

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** The address that state names; state of a resource always does. */
export function addressOf(state: { readonly userId?: string; readonly sendAsEmail?: string }, id: string): Address {
  const { userId, sendAsEmail } = state;
  if (userId !== undefined && sendAsEmail !== undefined) return { userId, sendAsEmail };
  throw new MailKeyError(`${id}: the state names no mailbox. Remove the resource from the state and import it again.`);
}

/**
 * `sales@example.com (mailbox alice@example.com)`: messages of a dynamic provider show under the stack, so they name it. What
 * is no address, in a state that somebody edited, is not printed: it may be a key that was put into the wrong place.
 */
export function describeAddress({ userId, sendAsEmail }: Written): string {
  const named = (value: string): string => (value === "me" || isAddress(value) ? value : "what is no address");
  const isKnown = sendAsEmail !== UNKNOWN && sendAsEmail !== undefined;
  const address = isKnown ? named(sendAsEmail) : "an address not yet known";
  return typeof userId === "string" && userId !== sendAsEmail ? `${address} (mailbox ${named(userId)})` : address;
}
