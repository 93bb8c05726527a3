/** What the S/MIME resources read out of a certificate that Gmail lists. */
import type { SmimeInfo } from "../google/gmail";
import { certificateFacts, type CertificateFacts } from "../keys/certificate";
import { readCertificates } from "../keys/pem";

/** Undefined where Gmail returned no readable PEM. */
export function factsOf(pem: string | undefined): CertificateFacts | undefined {
  try {
    const [leaf] = readCertificates(pem ?? "");
    return leaf && certificateFacts(leaf);
  } catch {
    return undefined;
  }
}

/** RFC 3339 in UTC, so that text order is time order. */
const expiration = (info: SmimeInfo): string => factsOf(info.pem)?.expiration ?? "";

export function lastToExpire(infos: readonly SmimeInfo[]): SmimeInfo | undefined {
  return [...infos].sort((a, b) => expiration(b).localeCompare(expiration(a)))[0];
}

export const isUnexpired = (info: SmimeInfo, now: Date): boolean => Date.parse(expiration(info)) > now.getTime();

interface Observed {
  readonly info: SmimeInfo;
  readonly facts: CertificateFacts | undefined;
}

/** The first to expire first, then by Google's id: one order, whatever Gmail's is. */
export function inOrder(infos: readonly SmimeInfo[]): Observed[] {
  const observed = infos.map((info) => ({ info, facts: factsOf(info.pem) }));
  const key = ({ info, facts }: Observed): string => `${facts?.expiration ?? ""} ${info.id}`;
  return observed.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}
