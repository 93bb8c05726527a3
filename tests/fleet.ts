/** Fifty mailboxes that were set up by hand over the years: aliases, certificates that have expired, one with none. */
import { mintLeaf, mintPkcs12 } from "./mint";
import { PASSWORD, type World } from "./world";

/** 48 users: every sixth has an alias with a certificate, every fifth one that has expired besides the current one. */
export const NUMBERS = Array.from({ length: 48 }, (_, index) => index + 1);
export const userOf = (number: number): string => `user${String(number).padStart(2, "0")}@example.com`;
export const aliasOf = (number: number): string => `sales-${String(number)}@example.com`;
const hasAlias = (number: number): boolean => number % 6 === 0;
const hasPast = (number: number): boolean => number % 5 === 0;
/** And one with no certificate, and one who is none. */
export const EMPTY = "empty@example.com";
export const GHOST = "ghost@example.com";

/** For the seed. */
export const fleetUsers = [
  ...NUMBERS.map((number) => ({ email: userOf(number), sendAs: hasAlias(number) ? [aliasOf(number)] : [] })),
  { email: EMPTY },
];

/** Adds their certificates; returns their ids, by mailbox and then by expiry. */
export async function fill(world: World): Promise<string[]> {
  const ids: string[] = [];
  for (const number of NUMBERS) {
    const user = userOf(number);
    if (hasPast(number)) ids.push(await add(world, user, user, "2026-08-15"));
    ids.push(await add(world, user, user, "2027-11-01"));
    if (hasAlias(number)) ids.push(await add(world, user, aliasOf(number), "2028-02-29"));
  }
  return ids;
}

async function add(world: World, user: string, sendAs: string, expires: string): Promise<string> {
  const leaf = await mintLeaf(world.authority, { emails: [sendAs], notAfter: new Date(`${expires}T00:00:00Z`) });
  const pkcs12 = await mintPkcs12(leaf, { password: PASSWORD, iterations: 1 });
  const { id } = await world.emulator.addCertificate({ user, sendAs, pkcs12, password: PASSWORD });
  return `users/${user}/settings/sendAs/${sendAs}/smimeInfo/${id}`;
}
