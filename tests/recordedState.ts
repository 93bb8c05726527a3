// The stack whose state every release leaves in fixtures/state-VERSION.json. As a command it records the current one:
//   node -r ts-node/register tests/recordedState.ts
import * as fs from "node:fs";
import * as path from "node:path";
import { startEmulator, type Emulator } from "./emulator";
import { openStack, type Stack } from "./engine";
import { readPkcs12 } from "../provider/keys/pkcs12";
import type { Adapter } from "./sessions";
import { program, throughAdapter } from "./stackMailbox";
import { ALICE } from "./world";

/** Within the validity of the fixtures' certificates. */
const NOW = "2026-12-01T00:00:00Z";
const PASSWORD = "fixture";
/** Refresh and destroy use the settings in the state: a token can be the same in every emulator, a key file cannot. */
const TOKEN = "recorded-token";
const SCOPES = [
  "https://www.googleapis.com/auth/gmail.settings.basic",
  "https://apps-apis.google.com/a/feeds/compliance/audit/",
];
const FILES = { rsa: "openssl-default.p12", ec: "openssl-ec.p12" } as const;
type Name = keyof typeof FILES;
const NAMES = ["rsa", "ec"] as const satisfies Name[];
const folder = path.join(__dirname, "fixtures");
const fixture = (name: string): Buffer => fs.readFileSync(path.join(folder, name));

/** One of each resource, and each source of keys. */
const TEXT = program(
  'import * as fs from "node:fs";',
  'const read = (name: string) => fs.readFileSync(name, "utf8");',
  `const rsa = new SmimeCertificate("rsa", { userId: "${ALICE}", pkcs12: new pulumi.asset.FileAsset("key.p12"), password });`,
  `new DefaultSmimeCertificate("signs", { userId: "${ALICE}", certificateId: rsa.id });`,
  'const pem = { privateKey: read("key.pem"), certificate: read("certificate.pem"), chain: read("chain.pem") };',
  `new SmimeCertificate("ec", { userId: "${ALICE}", ...pem, onDelete: "delete", renewBeforeDays: 30 });`,
  'new AuditPublicKey("audit", { domain: "example.com", publicKey: new pulumi.asset.FileAsset("audit.asc") });',
);

/** Its program goes through this adapter; the state that is recorded is of the dynamic one. */
export async function openRecorded(emulator: Emulator, adapter: Adapter = "dynamic"): Promise<Stack> {
  emulator.seed({
    now: NOW,
    domains: [{ name: "example.com", admins: [ALICE] }],
    users: [{ email: ALICE }],
    accessTokens: [{ token: TOKEN, user: ALICE, scopes: SCOPES }],
  });
  const { privateKey, leaf, chain } = await readPkcs12(fixture(FILES.ec), PASSWORD);
  return openStack({
    program: TEXT,
    rewrite: (text) => throughAdapter(adapter, text),
    env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
    files: {
      "key.p12": fixture(FILES.rsa),
      "key.pem": privateKey.export({ type: "pkcs8", format: "pem" }),
      "certificate.pem": leaf.toString(),
      "chain.pem": chain.map(String).join(""),
      "audit.asc": fixture("gpg-rsa.asc"),
    },
    config: {
      "google-workspace-mail:accessToken": { value: TOKEN, secret: true },
      "google-workspace-mail:endpoint": emulator.url,
      password: { value: PASSWORD, secret: true },
    },
  });
}

/** What differs from run to run has a name in the fixture: the endpoint, and Google's ids. */
const ENDPOINT = "{{endpoint}}";
const idOf = (name: Name): string => `{{id of ${name}}}`;

/** Puts the certificates of the recorded state on the mailbox, and the state into the stack. */
export async function replay(version: string, emulator: Emulator, stack: Stack): Promise<void> {
  let text = fixture(`state-${version}.json`).toString("utf8").replaceAll(ENDPOINT, emulator.url);
  for (const name of NAMES) {
    const pkcs12 = fixture(FILES[name]);
    const { id } = await emulator.addCertificate({ user: ALICE, sendAs: ALICE, pkcs12, password: PASSWORD });
    if (name === "rsa") emulator.setDefault(ALICE, ALICE, id);
    text = text.replaceAll(idOf(name), id);
  }
  await stack.importState(JSON.parse(text));
}

export function recordedVersions(): string[] {
  return fs.readdirSync(folder).flatMap((name) => /^state-(.+)\.json$/.exec(name)?.[1] ?? []);
}

async function record(): Promise<void> {
  const emulator = await startEmulator();
  const stack = await openRecorded(emulator);
  try {
    const { ok, output } = await stack.up();
    if (!ok) throw new Error(output);
    // Where in the program a resource was declared is a path of this machine.
    const passing = ["sourcePosition", "stackTrace", "created", "modified"];
    const keep = (key: string, value: unknown): unknown => (passing.includes(key) ? undefined : value);
    let text = JSON.stringify(await stack.exportState(), keep, 2).replaceAll(emulator.url, ENDPOINT);
    for (const name of NAMES) text = text.replaceAll(await certificateId(name, emulator), idOf(name));
    const { version } = JSON.parse(fs.readFileSync(path.join(__dirname, "..", "package.json"), "utf8")) as {
      version: string;
    };
    fs.writeFileSync(path.join(folder, `state-${version}.json`), `${text}\n`);
  } finally {
    stack.dispose();
    await emulator.stop();
  }
}

async function certificateId(name: Name, emulator: Emulator): Promise<string> {
  const { leaf } = await readPkcs12(fixture(FILES[name]), PASSWORD);
  const fingerprint = leaf.fingerprint256.replaceAll(":", "");
  const there = emulator.state().users[ALICE]?.sendAs[ALICE]?.smimeInfo ?? [];
  const found = there.find((certificate) => certificate.fingerprint === fingerprint);
  if (found === undefined) throw new Error(`${name} is not on the mailbox`);
  return found.id;
}

if (require.main === module) void record();
