/** An inventory of many mailboxes with something of everything that a report shows, and texts that would harm a page. */
import type { AddressEntry, CertificateEntry, Inventory, Standing } from "../commands/inventory/inventory";
import { NOW } from "./world";

/** What a certificate's subject can hold. */
export const HOSTILE = {
  script: `<script>document.title="taken"</script>`,
  quotes: `" onmouseover="document.title='taken'" '`,
  turned: "CN=\u202Egro.elpmaxe@nimda\u202C",
  long: `CN=${"W".repeat(300)}`,
};

const URN = "urn:pulumi:prod::mail::google-workspace-mail:index:SmimeCertificate::";
const day = (days: number): string => new Date(Date.parse(NOW) + days * 86_400_000).toISOString().replace(".000", "");

/** `from` and `to` in days from now. */
function certificate(name: string, from: number, to: number, rest: Partial<CertificateEntry> = {}): CertificateEntry {
  const standing: Standing = to <= 0 ? "expired" : to <= 30 ? "due" : from > 0 ? "notYetValid" : "valid";
  const digits = Buffer.from(`${name}${String(from)}${String(to)}`)
    .toString("hex")
    .toUpperCase();
  return {
    certificateId: `id-${name}`,
    fingerprint: digits.padEnd(64, "A5").slice(0, 64),
    subject: `CN=${name}, O=Example Corporation`,
    issuerCn: "Example Issuing CA 3",
    serialNumber: digits.slice(0, 32),
    notBefore: day(from),
    expiration: day(to),
    standing,
    declaredBy: { urn: `${URN}${name}`, name, token: "SmimeCertificate", since: day(-200) },
    isMissing: false,
    isDefault: true,
    isOutlived: false,
    isGoing: false,
    hasKey: true,
    isWatched: true,
    ...rest,
  };
}

const UNDECLARED = { isDefault: false, hasKey: false, declaredBy: undefined } as const;

/** Nobody declared it: such an entry has no owner at all. */
function byHand(name: string, from: number, to: number, rest: Partial<CertificateEntry> = {}): CertificateEntry {
  const { declaredBy: _nobody, ...entry } = certificate(name, from, to, { ...UNDECLARED, ...rest } as never);
  return entry;
}

function address(name: string, certificates: CertificateEntry[], rest: Partial<AddressEntry> = {}): AddressEntry {
  const email = `${name}@example.com`;
  return { userId: email, sendAsEmail: email, isDeclared: true, seen: NOW, certificates, ...rest };
}

/** Ten addresses, each of another kind. */
const KINDS: readonly ((name: string) => AddressEntry)[] = [
  (name) => address(name, [certificate(name, -300, 65)]),
  (name) => address(name, [certificate(name, -400, -35)]),
  (name) => address(name, [certificate(name, -340, 12)]),
  (name) =>
    address(name, [certificate(name, -380, 20, { isDefault: false, isOutlived: true }), certificate(name, -10, 355)]),
  (name) => address(name, [certificate(name, -100, 265), byHand(`${name}-hand`, -20, 700)]),
  (name) => address(name, [certificate(name, -50, 315, { isMissing: true, isDefault: false })]),
  (name) =>
    address(
      name,
      [certificate(name, -60, 305, { isDefault: false }), byHand(`${name}-hand`, -5, 90, { isDefault: true })],
      {
        wantedDefault: {
          certificateId: `id-${name}`,
          declaredBy: { urn: `${URN}${name}-default`, name: `${name}-default`, token: "DefaultSmimeCertificate" },
        },
      },
    ),
  (name) => address(name, [certificate(name, -200, 165), certificate(`${name}-next`, 20, 400, { isDefault: false })]),
  (name) => address(name, [], { reason: "Google answered 403: Delegation denied for " + name }),
  (name) => {
    const { notBefore: _unknown, ...open } = certificate(name, -1, 240);
    return address(name, [open], { sendAsEmail: `sales-${name}@example.com` });
  },
];

const NAMES = ["alice", "bob", "carol", "dora", "erin", "frank", "grace", "heidi", "ivan", "judy"];

/** Beside the ten, mostly valid ones, as in a fleet that is looked after; `more` come first. */
export function inventory(mailboxes: number, more: readonly AddressEntry[] = []): Inventory {
  const first = KINDS.map((kind, index) => kind(NAMES[index] ?? ""));
  const rest = Array.from({ length: Math.max(0, mailboxes - first.length) }, (_, index) => {
    const name = `user${String(index).padStart(4, "0")}`;
    return index % 50 === 0
      ? address(name, [certificate(name, -350, 15)])
      : address(name, [certificate(name, -30 - (index % 300), 365 - (index % 300))]);
  });
  return {
    project: "mail",
    stack: "prod",
    now: NOW,
    live: true,
    written: day(-2),
    addresses: [...more, ...first, ...rest].slice(0, mailboxes + more.length),
    auditKeys: [
      {
        owner: { urn: `${URN}audit`, name: "audit", token: "AuditPublicKey" },
        domain: "example.com",
        fingerprint: "0A1B2C3D4E5F60718293A4B5C6D7E8F901234567",
        bits: 3072,
        created: day(-100),
        expires: day(260),
        standing: "valid",
      },
    ],
    unfinished: [],
    unasked: [],
  };
}

/** Addresses whose certificates hold hostile texts. */
export const hostile = (): AddressEntry[] =>
  Object.entries(HOSTILE).map(([name, text]) =>
    address(name, [certificate(name, -100, 200, { subject: text, issuerCn: text })], {
      sendAsEmail: `${text}@example.com`,
    }),
  );
