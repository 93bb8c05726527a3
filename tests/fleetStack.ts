// A stack with one SmimeFleet on the real engine: its mailboxes, key files and CSV, and what `--diff` prints of its texts.
import assert from "node:assert/strict";
import type { Stack } from "./engine";
import type { Outcome } from "./engineProcess";
import { mintLeaf, mintPkcs12 } from "./mint";
import { openMailboxes } from "./stackMailbox";
import { ADMIN, PASSWORD, seed, type World } from "./world";

export const mailboxesOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `user${String(index).padStart(3, "0")}@example.com`);

export const keyFile = (user: string): string => `keys/${user.replace(/@.*/, "")}.p12`;

/** Rows of a user and where its password is, in the column `password`. */
export const csvOf = (rows: readonly (readonly [user: string, password: string])[]): string =>
  ["user,path,password", ...rows.map(([user, password]) => [user, keyFile(user), password].join(","))].join("\r\n");

export interface FleetKey {
  readonly fingerprint: string;
  readonly bytes: Buffer;
  readonly privateKeyPem: string;
}

/** One certificate in the name of all of them: minting one each would take the time of the whole test. */
export async function mintForAll(world: World, emails: readonly string[], notAfter: string): Promise<FleetKey> {
  const leaf = await mintLeaf(world.authority, { emails: [...emails], notAfter: new Date(notAfter) });
  return { ...leaf, bytes: await mintPkcs12(leaf, { password: PASSWORD, iterations: 1 }) };
}

/** The program of both adapters: readFleet of the root is a plain function. `settings` are more lines of the arguments. */
export const fleetProgram = (world: World, settings = ""): string =>
  [
    'import { readFleet } from "pulumi-google-workspace-mail";',
    `import { SmimeFleet } from "pulumi-google-workspace-mail${world.adapter === "plugin" ? "/plugin" : ""}";`,
    `new SmimeFleet("staff", { ...readFleet("mailboxes.csv"), ${settings} });`,
  ].join("\n");

export interface FleetStackOptions {
  readonly users: readonly string[];
  readonly key: FleetKey;
  readonly settings?: string;
  readonly csv: string;
  readonly path?: string[];
}

export function openFleet(world: World, { users, key, settings, csv, path }: FleetStackOptions): Promise<Stack> {
  world.emulator.seed(seed({}, { users: [{ email: ADMIN }, ...users.map((email) => ({ email }))] }));
  return openMailboxes(world, {
    program: fleetProgram(world, settings),
    rewrite: (text) => text,
    env: { MAIL_PASSWORD: PASSWORD },
    files: { "mailboxes.csv": csv, ...Object.fromEntries(users.map((user) => [keyFile(user), key.bytes])) },
    ...(path && { path }),
  });
}

/** Every address has this one certificate, and signs with it. */
export function allSignWith(world: World, users: readonly string[], { fingerprint }: FleetKey): void {
  const wrong = users.filter((user) => {
    const found = world.fingerprints(user);
    return found.length !== 1 || found[0] !== fingerprint || world.default(user) !== fingerprint;
  });
  assert.deepEqual(wrong, []);
}

/** Of a text that `--diff` prints line by line: `+ user007` and `- user007`, and how many lines it shows around them. */
export function diffLines({ output }: Outcome): { readonly changed: string[]; readonly around: number } {
  const lines = [...output.matchAll(/^ *([-+] )?(user\d+)@example\.com\t.*$/gm)];
  const changed = lines.flatMap(([, sign, user = ""]) => (sign === undefined ? [] : `${sign}${user}`));
  return { changed, around: lines.length - changed.length };
}
