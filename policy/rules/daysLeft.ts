/** An address must be able to sign for so many days more. Certificates kept for old mail may expire. */
import { certificatesOf } from "../certificates";
import { describeAddress, fleetRows } from "../fleetRows";
import { several, text, type Rule, type Subject } from "../rule";
import type { Settings } from "../settings";
import type { Value } from "../values";

const DAY = 86_400_000;

export const daysLeft: Rule = {
  name: "days-left",
  description: "Certificates must be valid for a number of days more.",
  level: "mandatory",
  settings: ["minimumDays"],
  asked: "both",
  check: (subject, settings) => {
    if (subject.kind === "SmimeCertificate") return ofCertificate(subject, settings);
    if (subject.kind === "DefaultSmimeCertificate") return ofCandidates(subject, settings);
    return subject.kind === "SmimeFleet" ? ofFleet(subject, settings) : [];
  },
};

/** With `ignore` the program says that it is an older one; a SmimeIdentity says so of all, and its default is judged. */
function ofCertificate({ properties, now }: Subject, { minimumDays }: Settings): string[] {
  if (properties["expiryPolicy"] === "ignore") return [];
  const end = text(properties["expiration"]) ?? certificatesOf(properties)[0]?.validTo;
  if (end === undefined || isEnough(end, now, minimumDays)) return [];
  return [
    `certificate: it ${ends(end, now, minimumDays)} ` +
      'Declare the next certificate beside it, and set expiryPolicy: "ignore" on this one to keep it for old mail.',
  ];
}

/** What is not known yet may be the one that lasts. */
function ofCandidates({ properties, now }: Subject, { minimumDays }: Settings): string[] {
  const { candidates } = properties;
  if (!Array.isArray(candidates) || candidates.length === 0) return [];
  const expirations = (candidates as readonly Value[]).map((each) =>
    typeof each === "object" && each !== null && "expiration" in each ? text(each.expiration) : undefined,
  );
  const known = expirations.filter((each) => each !== undefined);
  const last = furthest(known);
  if (known.length < expirations.length || last === undefined || isEnough(last, now, minimumDays)) return [];
  return [
    `candidates: the one that lasts longest ${ends(last, now, minimumDays)} Add next year's certificate to the candidates.`,
  ];
}

/** Of an address's rows, the one that lasts longest counts: the others are there for old mail. */
function ofFleet({ properties, now }: Subject, { minimumDays }: Settings): string[] {
  const addresses = new Map<string, string[]>();
  for (const row of fleetRows(properties)) {
    const address = describeAddress(row);
    addresses.set(address, [...(addresses.get(address) ?? []), row.expiration]);
  }
  const short = [...addresses].flatMap(([address, expirations]) => {
    const last = furthest(expirations);
    if (last === undefined || expirations.includes("") || isEnough(last, now, minimumDays)) return [];
    return [`${address} ${ends(last, now, minimumDays)}`.replace(/\.$/, "")];
  });
  if (short.length === 0) return [];
  return [
    `rows: the last certificate of ${String(short.length)} ${short.length === 1 ? "address" : "addresses"}: ${several(short)}. ` +
      "Put next year's file into the CSV, as a row of its own or instead of this one: the earlier key stays.",
  ];
}

const furthest = (all: readonly string[]): string | undefined =>
  [...all].sort((one, other) => Date.parse(one) - Date.parse(other)).at(-1);

/** A text that is no time tells nothing. */
const isEnough = (end: string, now: Date, days: number): boolean => !(Date.parse(end) - now.getTime() < days * DAY);

function ends(end: string, now: Date, minimum: number): string {
  const date = new Date(end).toISOString().slice(0, 10);
  const days = Math.floor((Date.parse(end) - now.getTime()) / DAY);
  const least = `minimumDays is ${String(minimum)}.`;
  if (days < 0) return `expired on ${date}; ${least}`;
  return `ends on ${date}, in ${String(days)} ${days === 1 ? "day" : "days"}; ${least}`;
}
