// The stacks whose states every release leaves in tests/fixtures; state-README.md there says more. As a command it records
// those of the current version, once:
//   node -r ts-node/register tests/recordedState.ts
import * as fs from "node:fs";
import * as path from "node:path";
import { readPkcs12 } from "../provider/keys/pkcs12";
import { VERSION } from "../provider/version";
import { startEmulator, type Emulator } from "./emulator";
import { openStack, type Config, type Stack } from "./engine";
import { CSV, KEY_FILES, PROGRAMS, USERS, type Placed, type Recorded } from "./recordedPrograms";
import { ADAPTERS, type Adapter } from "./sessions";
import { throughAdapter } from "./stackMailbox";
import { ADMIN, ALICE } from "./world";

/** Within the validity of the fixtures' certificates. */
const NOW = "2026-12-01T00:00:00Z";
const PASSWORD = "fixture";
const BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
const AUDIT = "https://apps-apis.google.com/a/feeds/compliance/audit/";
/** Refresh and destroy use the settings in the state, which must be good for every emulator: see {@link account}. */
const TOKEN = "recorded-token";
const ACCOUNT = "recorded@example.iam.gserviceaccount.com";
const folder = path.join(__dirname, "fixtures");
const fixture = (name: string): Buffer => fs.readFileSync(path.join(folder, name));
const opened = (file: Placed["file"]) => readPkcs12(fixture(`${file}.p12`), PASSWORD);

/** One recorded state. */
export interface Fixture {
  readonly file: string;
  readonly version: string;
  readonly adapter: Adapter;
  readonly recorded: Recorded;
}

/** All that are there: state-VERSION-ADAPTER.json, and state-0.1.0.json, which has the first resources only. */
export function fixtures(): Fixture[] {
  return fs.readdirSync(folder).flatMap((file) => {
    const [, version, adapter] = /^state-(.+?)(?:-(dynamic|plugin))?\.json$/.exec(file) ?? [];
    if (version === undefined) return [];
    const recorded = adapter === undefined ? PROGRAMS.first : PROGRAMS.whole;
    return [{ file, version, adapter: adapter === "plugin" ? adapter : "dynamic", recorded }];
  });
}

/** The stack of a recorded program, through this adapter, and the mailboxes as they were before its up. */
export async function openRecorded(recorded: Recorded, emulator: Emulator, adapter: Adapter): Promise<Stack> {
  const { privateKey, leaf, chain } = await opened("openssl-ec");
  const { config, publicKeyPem } = await account();
  emulator.seed({
    now: NOW,
    domains: [{ name: "example.com", admins: [ADMIN, ALICE] }],
    users: USERS.map((email) => ({ email })),
    accessTokens: [{ token: TOKEN, user: ALICE, scopes: [BASIC, AUDIT] }],
    serviceAccounts: [{ email: ACCOUNT, publicKeyPem, scopes: [BASIC, AUDIT] }],
  });
  const keys = Object.entries(KEY_FILES).map(([name, file]) => [name, fixture(`${file}.p12`)]);
  const token = { "google-workspace-mail:accessToken": { value: TOKEN, secret: true } };
  return openStack({
    program: recorded.text,
    rewrite: (text) => throughAdapter(adapter, text),
    env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, RECORDED_PASSWORD: PASSWORD },
    files: {
      ...(Object.fromEntries(keys) as Record<string, Buffer>),
      "key.pem": privateKey.export({ type: "pkcs8", format: "pem" }),
      "certificate.pem": leaf.toString(),
      "chain.pem": chain.map(String).join(""),
      "audit.asc": fixture("gpg-rsa.asc"),
      "mailboxes.csv": CSV,
    },
    config: {
      ...(recorded === PROGRAMS.first ? token : config),
      "google-workspace-mail:endpoint": emulator.url,
      password: { value: PASSWORD, secret: true },
    },
  });
}

/** A service account for all mailboxes whose key is one of the fixtures'; an emulator's own is another in every run. */
async function account(): Promise<{ config: Config; publicKeyPem: string }> {
  const { privateKey, leaf } = await opened("openssl-default");
  const keyFile = {
    type: "service_account",
    client_email: ACCOUNT,
    private_key_id: "recorded",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    token_uri: "https://oauth2.googleapis.com/token",
  };
  const config = {
    "google-workspace-mail:credentials": { value: JSON.stringify(keyFile), secret: true },
    "google-workspace-mail:adminEmail": ADMIN,
  };
  return { config, publicKeyPem: leaf.publicKey.export({ type: "spki", format: "pem" }).toString() };
}

/** What differs from run to run has a name in the fixture: the endpoint, and Google's ids. */
const ENDPOINT = "{{endpoint}}";
const idOf = ({ name }: Placed): string => `{{id of ${name}}}`;

/** Puts the recorded certificates on the mailboxes, and the state into the stack. Answers with the id of each by its name. */
export async function replay(
  { file, recorded }: Fixture,
  emulator: Emulator,
  stack: Stack,
): Promise<Map<string, string>> {
  let text = fixture(file).toString("utf8").replaceAll(ENDPOINT, emulator.url);
  const ids = new Map<string, string>();
  for (const placed of recorded.placed) {
    const id = await put(placed, emulator, placed.signs ?? false);
    text = text.replaceAll(idOf(placed), id);
    ids.set(placed.name, id);
  }
  await stack.importState(JSON.parse(text));
  return ids;
}

async function put({ user, file }: Placed, emulator: Emulator, signs: boolean): Promise<string> {
  const pkcs12 = fixture(`${file}.p12`).toString("base64");
  const { id } = await emulator.addCertificate({ user, sendAs: user, pkcs12, password: PASSWORD });
  if (signs) emulator.setDefault(user, user, id);
  return id;
}

/** Why the states of a version are not to be written; undefined where they may be. */
export function whyNot(version: string, changeLog: string, there: readonly string[]): string | undefined {
  if (!changeLog.includes(`\n## ${version} (unreleased)\n`))
    return `${version} is released, or not in CHANGELOG.md: its states stay as they are.`;
  const taken = there.find((file) => file.startsWith(`state-${version}-`));
  return taken && `${taken} is there. While ${version} is not released, it may be deleted and recorded anew.`;
}

async function record(adapter: Adapter): Promise<void> {
  const emulator = await startEmulator();
  const recorded = PROGRAMS.whole;
  const stack = await openRecorded(recorded, emulator, adapter);
  try {
    for (const placed of recorded.placed.filter(({ before }) => before !== undefined))
      await put(placed, emulator, placed.before === "default");
    const { ok, output } = await stack.up();
    if (!ok) throw new Error(output);
    // Where in the program a resource was declared is a path of this machine.
    const passing = ["sourcePosition", "stackTrace", "created", "modified"];
    const keep = (key: string, value: unknown): unknown => (passing.includes(key) ? undefined : value);
    let text = JSON.stringify(await stack.exportState(), keep, 2).replaceAll(emulator.url, ENDPOINT);
    for (const placed of recorded.placed) text = text.replaceAll(await certificateId(placed, emulator), idOf(placed));
    fs.writeFileSync(path.join(folder, `state-${VERSION}-${adapter}.json`), `${text}\n`, { flag: "wx" });
  } finally {
    stack.dispose();
    await emulator.stop();
  }
}

/** Of one that is there now, and signs as it should. */
async function certificateId({ name, user, file, signs = false }: Placed, emulator: Emulator): Promise<string> {
  const { leaf } = await opened(file);
  const fingerprint = leaf.fingerprint256.replaceAll(":", "");
  const there = emulator.state().users[user]?.sendAs[user]?.smimeInfo ?? [];
  const found = there.find((certificate) => certificate.fingerprint === fingerprint);
  if (found?.isDefault !== signs) throw new Error(`${name} is not on the mailbox as it should be`);
  return found.id;
}

/** Answers with why it wrote nothing. */
export async function recordAll(): Promise<string | undefined> {
  const changeLog = fs.readFileSync(path.join(__dirname, "..", "CHANGELOG.md"), "utf8");
  const reason = whyNot(VERSION, changeLog, fs.readdirSync(folder));
  if (reason === undefined) for (const adapter of ADAPTERS) await record(adapter);
  return reason;
}

if (require.main === module)
  void recordAll().then((reason) => {
    if (reason !== undefined) process.stderr.write(`${reason}\n`);
    process.exitCode = reason === undefined ? 0 : 1;
  });
