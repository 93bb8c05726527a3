/** What Gmail shows of a mailbox: its addresses, and what can be read out of the certificates on them. */
import type { Address } from "../google/address";
import type { SendAsAddress, SmimeInfo } from "../google/gmail";
import { certificateFacts, type CertificateFacts } from "../keys/certificate";
import { readCertificates } from "../keys/pem";
import { MailKeyError } from "../mailKeyError";
import { describeAddress } from "./address";
import type { Services } from "./services";

/** Undefined where Gmail returned no readable PEM. */
export function factsOf(pem: string | undefined): CertificateFacts | undefined {
  try {
    const [leaf] = readCertificates(pem ?? "");
    return leaf && certificateFacts(leaf);
  } catch {
    return undefined;
  }
}

/** Whether a certificate that Gmail lists is the one with this SHA-256. */
export const hasLeaf =
  (fingerprint: string) =>
  (info: Pick<SmimeInfo, "pem">): boolean =>
    factsOf(info.pem)?.fingerprint === fingerprint;

/** RFC 3339 in UTC, so that text order is time order. */
const expiration = (info: SmimeInfo): string => factsOf(info.pem)?.expiration ?? "";

export function lastToExpire(infos: readonly SmimeInfo[]): SmimeInfo | undefined {
  return [...infos].sort((a, b) => expiration(b).localeCompare(expiration(a)))[0];
}

export const isUnexpired = (info: SmimeInfo, now: Date): boolean => Date.parse(expiration(info)) > now.getTime();

/** Undefined: it is gone. A list may lag, so absence in it wants a second look. */
export async function onAddress(address: Address, id: string, services: Services): Promise<SmimeInfo | undefined> {
  const listed = (await services.sendAs.seen(address))?.find((info) => info.id === id);
  return listed ?? (await services.sendAs.get(address, id));
}

/** A certificate on an address, and what it says of itself, if it can be read. */
export interface Observed {
  readonly info: SmimeInfo;
  readonly facts: CertificateFacts | undefined;
}

/** Those on an address: the first to expire first, then by Google's id, so that the order is ours, whatever Gmail's is. */
export async function certificatesOn(address: Address, services: Services): Promise<Observed[]> {
  const infos = await services.sendAs.list(address);
  if (!infos) {
    throw new MailKeyError(
      `Gmail knows no address ${describeAddress(address)}. Next: look at the mailbox's addresses with getSendAsAddresses.`,
    );
  }
  const observed = infos.map((info) => ({ info, facts: factsOf(info.pem) }));
  const key = ({ info, facts }: Observed): string => `${facts?.expiration ?? ""} ${info.id}`;
  return observed.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** The mailbox's addresses, its own first; Google's order is not promised. */
export async function addressesOf(userId: string, services: Services): Promise<SendAsAddress[]> {
  const addresses = await services.sendAs.addresses(userId);
  if (!addresses) throw new MailKeyError(`Gmail knows no mailbox ${userId}. Next: check userId.`);
  return [...addresses].sort(
    (one, other) => Number(other.isPrimary) - Number(one.isPrimary) || (one.sendAsEmail < other.sendAsEmail ? -1 : 1),
  );
}
