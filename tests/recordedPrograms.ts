// The programs whose states are recorded, and the certificates that the mailboxes have after their up. A program never
// changes once a released version has recorded it: what later versions bring goes into one of its own.
import { program } from "./stackMailbox";
import { ADMIN, ALICE, BOB } from "./world";

const CAROL = "carol@example.com";
const DORA = "dora@example.com";
const ERIK = "erik@example.com";
export const USERS = [ADMIN, ALICE, BOB, CAROL, DORA, ERIK];

/** Files of tests/fixtures, each under the same password. */
type KeyFile = "openssl-default" | "openssl-ec" | "recorded-2026" | "recorded-2027" | "recorded-hand";

export interface Placed {
  /** In the fixture, in place of Google's id. */
  readonly name: string;
  readonly user: string;
  readonly file: KeyFile;
  /** Its address signs with it. */
  readonly signs?: boolean;
  /** Was there before the up: as the default, or beside it. A destroy leaves it. */
  readonly before?: "default" | "another";
}

export interface Recorded {
  readonly text: string;
  readonly placed: readonly Placed[];
  /** How many of the state's resources are ours, components included. */
  readonly resources: number;
}

const ALICES: readonly Placed[] = [
  { name: "rsa", user: ALICE, file: "openssl-default", signs: true },
  { name: "ec", user: ALICE, file: "openssl-ec" },
];

/** One of each of the first three resources, and each source of keys. */
const FIRST_LINES = [
  'import * as fs from "node:fs";',
  'const read = (name: string) => fs.readFileSync(name, "utf8");',
  `const rsa = new SmimeCertificate("rsa", { userId: "${ALICE}", pkcs12: new pulumi.asset.FileAsset("key.p12"), password });`,
  `new DefaultSmimeCertificate("signs", { userId: "${ALICE}", certificateId: rsa.id });`,
  'const pem = { privateKey: read("key.pem"), certificate: read("certificate.pem"), chain: read("chain.pem") };',
  `new SmimeCertificate("ec", { userId: "${ALICE}", ...pem, onDelete: "delete", renewBeforeDays: 30 });`,
  'new AuditPublicKey("audit", { domain: "example.com", publicKey: new pulumi.asset.FileAsset("audit.asc") });',
];

/** Its readFleet is the root's with either adapter: quotes that the plugin's import does not have. */
const WHOLE_LINES = [
  ...FIRST_LINES,
  'import { SmimeFleet, SmimeIdentity } from "pulumi-google-workspace-mail";',
  "import { readFleet } from 'pulumi-google-workspace-mail';",
  "const key = (year: string) => ({ pkcs12: new pulumi.asset.FileAsset(`keys/${year}.p12`), password });",
  'const certificates = { "2026": key("2026"), "2027": key("2027") };',
  `export const { defaultName, expiration } = new SmimeIdentity("bob", { userId: "${BOB}", renewBeforeDays: 30, certificates });`,
  'const fleet = new SmimeFleet("staff", { ...readFleet("mailboxes.csv"), renewBeforeDays: 30, onDelete: "delete" });',
  "export const { unmanaged } = fleet;",
  `const erik = new SmimeCertificate("erik", { userId: "${ERIK}", ...key("2026"), keepPem: false });`,
  `new DefaultSmimeCertificate("erik", { userId: "${ERIK}", certificateId: erik.id });`,
];

/** A password in the CSV is in the state, as a secret; one of the environment is not. */
export const CSV = [
  "user,path,password,name",
  `${CAROL},keys/2026.p12,fixture,`,
  `${DORA},keys/2026.p12,env:RECORDED_PASSWORD,2026`,
  `${DORA},keys/2027.p12,env:RECORDED_PASSWORD,2027`,
].join("\r\n");

export const PROGRAMS: Readonly<Record<"first" | "whole", Recorded>> = {
  /** What state-0.1.0.json is of. */
  first: { text: program(...FIRST_LINES), placed: ALICES, resources: 4 },
  /** Every resource, the component, and outputs of each kind: what was adopted, replaced as the default, left alone. */
  whole: {
    text: program(...WHOLE_LINES),
    placed: [
      ...ALICES,
      { name: "bob 2026", user: BOB, file: "recorded-2026" },
      { name: "bob 2027", user: BOB, file: "recorded-2027", signs: true },
      { name: "carol by hand", user: CAROL, file: "recorded-hand", before: "default" },
      { name: "carol", user: CAROL, file: "recorded-2026", signs: true },
      { name: "dora 2026", user: DORA, file: "recorded-2026" },
      { name: "dora 2027", user: DORA, file: "recorded-2027", signs: true },
      { name: "erik by hand", user: ERIK, file: "recorded-hand", before: "default" },
      { name: "erik", user: ERIK, file: "recorded-2026", signs: true, before: "another" },
    ],
    resources: 11,
  },
};

/** Of both programs, by their paths in the project; the values are files of tests/fixtures. */
export const KEY_FILES = {
  "key.p12": "openssl-default",
  "keys/2026.p12": "recorded-2026",
  "keys/2027.p12": "recorded-2027",
} as const satisfies Record<string, KeyFile>;
