/** Mailboxes, addresses and audit keys must be of a domain that is ours. */
import { describeAddress, fleetRows } from "../fleetRows";
import { several, text, type Rule, type Subject } from "../rule";

export const allowedDomain: Rule = {
  name: "allowed-domain",
  description: "Mailboxes and addresses must be in an allowed domain.",
  level: "mandatory",
  settings: ["domains"],
  asked: "inputs",
  check: (subject, { domains }) => {
    if (domains.length === 0) return [];
    const allowed = new Set(domains.map((each) => each.toLowerCase()));
    const next = `the domains are ${domains.join(", ")}. Correct the address, or add its domain to the policy's configuration.`;
    return strangers(subject, (domain) => allowed.has(domain)).map((each) => `${each}; ${next}`);
  },
};

type IsAllowed = (domain: string) => boolean;

function strangers({ kind, properties }: Subject, isAllowed: IsAllowed): string[] {
  if (kind === "SmimeFleet") return strangeRows(properties, isAllowed);
  if (kind === undefined) return [];
  const { userId, sendAsEmail, domain } = properties;
  const audited = text(domain);
  const other = sendAsEmail === userId ? undefined : text(sendAsEmail);
  const wrong = Object.entries({ userId: text(userId), sendAsEmail: other }).flatMap(([field, address]) =>
    address === undefined || address === "me" || isAllowed(domainOf(address)) ? [] : [`${field} is ${address}`],
  );
  const isStrange = kind === "AuditPublicKey" && audited !== undefined && !isAllowed(audited.toLowerCase());
  return isStrange ? [...wrong, `domain is ${audited}`] : wrong;
}

function strangeRows(properties: Subject["properties"], isAllowed: IsAllowed): string[] {
  const wrong = fleetRows(properties).filter((row) => ![row.user, row.sendAs].map(domainOf).every(isAllowed));
  if (wrong.length === 0) return [];
  return [`rows of ${String(wrong.length)} of another domain: ${several(wrong.map(describeAddress))}`];
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).toLowerCase();
