/** Mailboxes, addresses and audit keys must be of a domain that is ours. */
import { describeAddress, fleetRows } from "../fleetRows";
import { several, text, type Rule, type Subject } from "../rule";
import type { Value } from "../values";

export const allowedDomain: Rule = {
  name: "allowed-domain",
  description: "Mailboxes and addresses must be in an allowed domain.",
  level: "mandatory",
  settings: ["domains"],
  asked: "inputs",
  check: (subject, { domains }) => {
    if (domains.length === 0) return [];
    const allowed = new Set(domains.map(domainOf));
    const next = `the domains are ${domains.join(", ")}. Correct the address, or add its domain to the policy's configuration.`;
    return strangers(subject, (domain) => allowed.has(domain)).map((each) => `${each}; ${next}`);
  },
};

type IsAllowed = (domain: string) => boolean;

function strangers({ kind, properties }: Subject, isAllowed: IsAllowed): string[] {
  if (kind === "SmimeFleet") return strangeRows(properties, isAllowed);
  if (kind === undefined) return [];
  const { userId, sendAsEmail, certificateId, domain } = properties;
  const addresses = [
    ...named("userId", userId),
    ...named("sendAsEmail", sendAsEmail),
    ...addressesOf(certificateId).flatMap((each) => named("the address in certificateId", each)),
    ...(kind === "AuditPublicKey" ? named("domain", domain) : []),
  ];
  const told = new Set<string>();
  return addresses.flatMap(([field, address]) => {
    if (isAllowed(domainOf(address)) || told.has(address)) return [];
    told.add(address);
    return [`${field} ${said(address)}`];
  });
}

/** None while it is not known. */
function named(field: string, value: Value | undefined): [string, string][] {
  const known = text(value)?.trim();
  return known === undefined ? [] : [[field, known]];
}

/** Mailbox and address of `users/{userId}/settings/sendAs/{sendAsEmail}/smimeInfo/…`; none of Google's own id. */
const addressesOf = (id: Value | undefined): (string | undefined)[] =>
  /^users\/([^/]+)\/settings\/sendAs\/([^/]+)\//.exec(text(id) ?? "")?.slice(1) ?? [];

const said = (address: string): string =>
  address.toLowerCase() === "me" ? "is me, of whatever domain the caller is: name the mailbox" : `is ${address}`;

function strangeRows(properties: Subject["properties"], isAllowed: IsAllowed): string[] {
  const wrong = fleetRows(properties).filter((row) => ![row.user, row.sendAs].map(domainOf).every(isAllowed));
  if (wrong.length === 0) return [];
  return [`rows of ${String(wrong.length)} of another domain: ${several(wrong.map(describeAddress))}`];
}

/** Of a domain, too, with an `@` before it or without. */
const domainOf = (address: string): string =>
  address
    .slice(address.lastIndexOf("@") + 1)
    .trim()
    .toLowerCase();
