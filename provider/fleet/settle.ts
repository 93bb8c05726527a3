/**
 * One address of a fleet, brought to what its rows say: certificates added, then the default, then what no row wants deleted,
 * so that no instant is without a default and no key goes before its successor is there.
 */
import type { Upload } from "../google/gmail";
import { Interrupted, MailKeyError } from "../mailKeyError";
import { describeAddress, smimeInfoId } from "../resources/address";
import { factsOf } from "../resources/observed";
import type { Services } from "../resources/services";
import { smimeCertificate } from "../resources/smimeCertificate";
import { chooseDefault, lacksDefault, restoreDefault } from "./mailboxDefault";
import type { Mailbox, Wanted } from "./mailboxes";
import type { Placed } from "./held";
import type { Leaf } from "./leaves";
import { unmanagedIn } from "./readMailbox";
import { describeRow } from "./rows";

export interface Orders {
  readonly choose: "furthestExpiry" | "none";
  /** What becomes of the certificate of a row's file before. */
  readonly previous: "keep" | "delete";
  readonly onDelete?: "delete" | "retain" | undefined;
  readonly load: (row: Wanted) => Promise<Upload>;
}

export interface Failed {
  readonly row: Pick<Wanted, "user" | "sendAs" | "name">;
  readonly reason: string;
}

export interface Settled {
  readonly mailbox: Mailbox;
  readonly failed: readonly Failed[];
  /** Rows whose certificate was there before. */
  readonly adopted: readonly Wanted[];
  /** It ended before all was tried. */
  readonly interrupted?: Interrupted;
}

/** What there is to do, in words, by row; empty where nothing is. No request. */
export function workOf(mailbox: Mailbox, orders: Omit<Orders, "load">, services: Services): string[] {
  const { address, wanted, placed } = mailbox;
  const missing = wanted.filter((row) => !isThere(row, placed));
  const renamed = wanted.filter((row) => !missing.includes(row) && isThere(row, placed)?.name !== row.name);
  const { kept, leaving } = parted(mailbox, orders);
  const isToChoose = orders.choose === "furthestExpiry" && lacksDefault(mailbox, services);
  return [
    ...missing.map((row) => `${describeRow(row)}: ${describeLeaf(row)} is added`),
    ...renamed.map((row) => `${describeRow(row)}: ${describeLeaf(row)} has another name`),
    ...kept.map((one) => `${describeRow(one)}: ${describeLeaf(one)} stays for old mail`),
    ...leaving.map((one) => `${describeRow(one)}: ${describeLeaf(one)} is no row's any more`),
    ...(isToChoose ? [`${describeAddress(address)}: the default is set`] : []),
  ];
}

const describeLeaf = ({ fingerprint, expiration }: Leaf): string =>
  `certificate ${fingerprint.slice(0, 16)}… (valid to ${expiration.slice(0, 10)})`;

const isThere = ({ fingerprint }: Wanted, placed: readonly Placed[]): Placed | undefined =>
  placed.find((one) => one.fingerprint === fingerprint);

/** Those that no row has: of files that rows had before, which may be kept, and of rows that are gone. */
function parted(
  { wanted, placed }: Mailbox,
  { previous }: Pick<Orders, "previous">,
): { kept: Placed[]; leaving: Placed[] } {
  const prints = new Set(wanted.map(({ fingerprint }) => fingerprint));
  const names = new Set(wanted.map(({ name }) => name));
  const unwanted = placed.filter((one) => !prints.has(one.fingerprint) && !(one.isEarlier && names.has(one.name)));
  const isKept = ({ name }: Placed): boolean => previous === "keep" && names.has(name);
  return { kept: unwanted.filter(isKept), leaving: unwanted.filter((one) => !isKept(one)) };
}

export async function settle(before: Mailbox, orders: Orders, services: Services): Promise<Settled> {
  const first = await addAll(before, orders, services);
  if (first.interrupted) return first;
  const { failed, adopted } = first;
  const added =
    first.mailbox.placed.length > before.placed.length ? await withUnmanaged(first.mailbox, services) : first.mailbox;
  const isToChoose = orders.choose === "furthestExpiry" && lacksDefault(added, services);
  const { mailbox: chosen, error } = isToChoose ? await chooseDefault(added, services) : { mailbox: added };
  const row = { user: before.address.userId, sendAs: before.address.sendAsEmail, name: "" };
  const failures = [...failed, ...(error ? [{ row, reason: error.message }] : [])];
  // nothing goes before its successor is there and signs
  if (failures.length > 0) return { mailbox: chosen, failed: failures, adopted };
  return { ...(await removeUnwanted(chosen, orders, services)), adopted };
}

/** From the list that came before the insert. */
async function withUnmanaged(mailbox: Mailbox, services: Services): Promise<Mailbox> {
  const entries = await services.sendAs.list(mailbox.address);
  return { ...mailbox, unmanaged: unmanagedIn(entries ?? [], mailbox) };
}

/** Adds what rows want and is not there. One that fails holds up no other. */
async function addAll(mailbox: Mailbox, orders: Orders, services: Services): Promise<Settled> {
  const { address, wanted } = mailbox;
  let { placed } = mailbox;
  const failed: Failed[] = [];
  const adopted: Wanted[] = [];
  for (const row of wanted) {
    const there = isThere(row, placed);
    const named = { user: row.user, sendAs: row.sendAs, name: row.name, isEarlier: false };
    if (there) {
      placed = placed.map((one) => (one === there ? { ...one, ...named } : one));
      continue;
    }
    try {
      const matches = (info: { pem?: string }): boolean => factsOf(info.pem)?.fingerprint === row.fingerprint;
      const inserted = await services.sendAs.insert(address, () => orders.load(row), matches);
      const { fingerprint, expiration } = row;
      if (inserted.adopted) adopted.push(row);
      const isAdopted = inserted.adopted !== undefined;
      const one = { ...named, certificateId: inserted.info.id, fingerprint, expiration, isAdopted };
      placed = [...placed, { ...one, isDefault: false, isChosen: false }];
    } catch (error) {
      failed.push(failureOf(row, error));
      if (error instanceof Interrupted) return { mailbox: { ...mailbox, placed }, failed, adopted, interrupted: error };
    }
  }
  return { mailbox: { ...mailbox, placed }, failed, adopted };
}

function failureOf(row: Failed["row"], error: unknown): Failed {
  if (error instanceof MailKeyError) return { row, reason: error.message };
  throw error;
}

async function removeUnwanted(mailbox: Mailbox, orders: Orders, services: Services): Promise<Settled> {
  const { kept, leaving } = parted(mailbox, orders);
  const placed = mailbox.placed.map((one) => (kept.includes(one) ? { ...one, isEarlier: true } : one));
  return remove({ ...mailbox, placed }, leaving, orders, services);
}

/** Deletes these of an address; before its last ones go, the default that was there before the fleet's is put back. */
export async function remove(
  mailbox: Mailbox,
  leaving: readonly Placed[],
  { onDelete }: Pick<Orders, "onDelete">,
  services: Services,
): Promise<Settled> {
  const failed: Failed[] = [];
  const gone = new Set<Placed>();
  let interrupted: Interrupted | undefined;
  try {
    if (leaving.length > 0 && mailbox.wanted.length === 0) await restoreDefault(mailbox, services);
    for (const one of leaving) {
      await removeOne(one, onDelete, services);
      gone.add(one);
    }
  } catch (error) {
    const row = leaving.find((one) => !gone.has(one)) ?? { user: mailbox.address.userId, sendAs: "", name: "" };
    failed.push(failureOf(row, error));
    if (error instanceof Interrupted) interrupted = error;
  }
  const left = { ...mailbox, placed: mailbox.placed.filter((one) => !gone.has(one)) };
  return { mailbox: left, failed, adopted: [], ...(interrupted && { interrupted }) };
}

/** By SmimeCertificate's own rules: what was adopted is left, what the program still declares as well. */
async function removeOne(one: Placed, onDelete: Orders["onDelete"], services: Services): Promise<void> {
  const { user, sendAs, certificateId, fingerprint, expiration, isAdopted } = one;
  if (services.claims.has({ user, object: `${sendAs} ${fingerprint}`, copy: certificateId })) return;
  const address = { userId: user, sendAsEmail: sendAs };
  const state = { ...address, certificateId, fingerprint, expiration, adopted: isAdopted };
  const id = smimeInfoId(address, certificateId);
  await smimeCertificate.delete(id, { ...state, ...(onDelete && { onDelete }) }, services);
}
