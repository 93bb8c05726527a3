/**
 * One address of a fleet, brought to what its rows say: certificates added, then the default, then what no row wants deleted,
 * so that no instant is without a default and no key goes before its successor is there. What was done before an error is in
 * what each step returns.
 */
import type { Upload } from "../google/gmail";
import { Interrupted, MailKeyError } from "../mailKeyError";
import { addressClaim, certificateClaim, describeAddress, smimeInfoId } from "../resources/address";
import { hasLeaf } from "../resources/observed";
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
  readonly concerns: MailKeyError["concerns"];
}

export interface Settled {
  readonly mailbox: Mailbox;
  readonly failed: readonly Failed[];
  /** It ended before all was tried. */
  readonly interrupted?: Interrupted;
}

/** What there is to do, in words, by row; empty where nothing is. No request. */
export function workOf(mailbox: Mailbox, orders: Omit<Orders, "load">, services: Services): string[] {
  const { address, wanted, previousDefault } = mailbox;
  const placed = named(mailbox);
  const renamed = placed.filter((one, index) => one !== mailbox.placed[index]);
  const { kept, leaving } = parted({ wanted, placed }, orders);
  const isToChoose = orders.choose === "furthestExpiry" && lacksDefault({ ...mailbox, placed }, services);
  const isLeft = wanted.length === 0 && leaving.length === 0 && previousDefault !== undefined;
  return [
    ...wanted.filter((row) => !isThere(row, placed)).map((row) => `${describeRow(row)}: ${describeLeaf(row)} is added`),
    ...renamed.map((one) => `${describeRow(one)}: ${describeLeaf(one)} had another name`),
    ...kept.map((one) => `${describeRow(one)}: ${describeLeaf(one)} stays for old mail`),
    ...leaving.map((one) => `${describeRow(one)}: ${describeLeaf(one)} is no row's any more`),
    ...(isToChoose ? [`${describeAddress(address)}: the default is set`] : []),
    ...(isLeft ? [`${describeAddress(address)}: the default before the fleet's is put back`] : []),
  ];
}

const describeLeaf = ({ fingerprint, expiration }: Leaf): string =>
  `certificate ${fingerprint.slice(0, 16)}… (valid to ${expiration.slice(0, 10)})`;

const isThere = ({ fingerprint }: Wanted, placed: readonly Placed[]): boolean =>
  placed.some((one) => one.fingerprint === fingerprint);

/** A row's certificate has the row's name. A row that is called otherwise now takes its earlier ones along. */
function named({ wanted, placed }: Pick<Mailbox, "wanted" | "placed">): Placed[] {
  const rows = new Map(wanted.map((row) => [row.fingerprint, row]));
  const names = new Set(wanted.map(({ name }) => name));
  const now = new Map<string, string>();
  for (const { fingerprint, name, isEarlier } of placed) {
    const row = rows.get(fingerprint);
    if (row && !isEarlier && !names.has(name)) now.set(name, row.name);
  }
  return placed.map((one) => {
    const row = rows.get(one.fingerprint);
    const [name, isEarlier] = row ? [row.name, false] : [now.get(one.name) ?? one.name, one.isEarlier];
    return name === one.name && isEarlier === one.isEarlier ? one : { ...one, name, isEarlier };
  });
}

/** Those that no row has: of files that rows had before, which may be kept, and of rows that are gone. */
function parted(
  { wanted, placed }: Pick<Mailbox, "wanted" | "placed">,
  { previous }: Pick<Orders, "previous">,
): { kept: Placed[]; leaving: Placed[] } {
  const prints = new Set(wanted.map(({ fingerprint }) => fingerprint));
  const names = new Set(wanted.map(({ name }) => name));
  const unwanted = placed.filter((one) => !prints.has(one.fingerprint) && !(one.isEarlier && names.has(one.name)));
  const isKept = ({ name }: Placed): boolean => previous === "keep" && names.has(name);
  return { kept: unwanted.filter(isKept), leaving: unwanted.filter((one) => !isKept(one)) };
}

/** Whose key an update would delete although no row's new file takes its place: rows that are gone, or became one. */
export function lostBy(mailbox: Mailbox, orders: Omit<Orders, "load">, services: Services): Placed[] {
  const { wanted, placed } = mailbox;
  const { leaving } = parted({ wanted, placed: named(mailbox) }, orders);
  const renewed = (name: string): boolean =>
    wanted.some((row) => {
      const there = placed.find(({ fingerprint }) => fingerprint === row.fingerprint);
      return row.name === name && (there === undefined || there.name === name);
    });
  return leaving.filter((one) => fateOf(one, orders) === "delete" && !renewed(one.name) && !isDeclared(one, services));
}

export async function settle(before: Mailbox, orders: Orders, services: Services): Promise<Settled> {
  const added = await addAll({ ...before, placed: named(before) }, orders, services);
  if (added.interrupted) return added;
  const chosen = await choose(added, orders, services);
  // nothing goes before its successor is there and signs
  if (chosen.failed.length > 0) return chosen;
  const { kept, leaving } = parted(chosen.mailbox, orders);
  const observed = await beforeDeleting(leaving, chosen, orders, services);
  if (observed.failed.length > 0) return forgetIfGone(observed, services);
  const placed = chosen.mailbox.placed.map((one) => (kept.includes(one) ? { ...one, isEarlier: true } : one));
  return forgetIfGone(await remove({ ...chosen.mailbox, placed }, leaving, orders, services), services);
}

/** Rows of a user who was deleted: the keys went with the mailbox, and only the state has them still. */
function forgetIfGone(settled: Settled, services: Services): Settled {
  const { mailbox, failed } = settled;
  if (mailbox.wanted.length > 0 || !failed.some(({ concerns }) => concerns === "gone")) return settled;
  const { address } = mailbox;
  services.log(
    "warning",
    `${describeAddress(address)}: not a user of the domain any more; what it had is forgotten here`,
  );
  return { mailbox: { ...mailbox, placed: [], previousDefault: undefined }, failed: [] };
}

/** Adds what rows want and is not there. One that fails holds up no other. */
async function addAll(mailbox: Mailbox, orders: Orders, services: Services): Promise<Settled> {
  const failed: Failed[] = [];
  const added: Placed[] = [];
  const end = (interrupted?: Interrupted): Settled => ({
    mailbox: { ...mailbox, placed: [...mailbox.placed, ...added] },
    failed,
    ...(interrupted && { interrupted }),
  });
  for (const row of mailbox.wanted.filter((each) => !isThere(each, mailbox.placed))) {
    try {
      added.push(await add(row, mailbox, orders, services));
    } catch (error) {
      failed.push(failureOf(row, error));
      if (error instanceof Interrupted) return end(error);
    }
  }
  return added.length === 0 ? end() : withUnmanaged(end(), services);
}

async function add(row: Wanted, { address }: Mailbox, { load }: Orders, services: Services): Promise<Placed> {
  const { user, sendAs, name, fingerprint, expiration } = row;
  const { info, adopted } = await services.sendAs.insert(address, () => load(row), hasLeaf(fingerprint));
  if (adopted) services.log("warning", `${describeRow(row)}: ${ADOPTED[adopted]}`);
  const marks = { isDefault: false, isChosen: false, isEarlier: false, isAdopted: adopted !== undefined };
  return { user, sendAs, name, certificateId: info.id, fingerprint, expiration, ...marks };
}

const LEFT = "it is left there when the row goes, unless onDelete is delete.";
const ADOPTED: Readonly<Record<"was there" | "answer lost", string>> = {
  "was there": `the same certificate was already there and was adopted, not uploaded again; ${LEFT}`,
  "answer lost": `Google's answer to the upload was lost; the certificate is there and counts as adopted: ${LEFT}`,
};

/** From the list that came before the insert. Nothing depends on it, so that it fails nothing. */
async function withUnmanaged(added: Settled, services: Services): Promise<Settled> {
  try {
    const entries = await services.sendAs.list(added.mailbox.address);
    return { ...added, mailbox: { ...added.mailbox, unmanaged: unmanagedIn(entries ?? [], added.mailbox) } };
  } catch (error) {
    if (!(error instanceof MailKeyError)) throw error;
    return { ...added, ...(error instanceof Interrupted && { interrupted: error }) };
  }
}

/** Also where a row failed: the others sign meanwhile. */
async function choose(added: Settled, orders: Orders, services: Services): Promise<Settled> {
  if (orders.choose === "none" || !lacksDefault(added.mailbox, services)) return added;
  const { mailbox, error } = await chooseDefault(added.mailbox, services);
  if (!error) return { ...added, mailbox };
  const { userId: user, sendAsEmail: sendAs } = mailbox.address;
  const failed = [...added.failed, failureOf({ user, sendAs, name: "" }, error)];
  return { mailbox, failed, ...(error instanceof Interrupted && { interrupted: error }) };
}

function failureOf(row: Failed["row"], error: unknown): Failed {
  if (!(error instanceof MailKeyError)) throw error;
  const { message: reason, concerns } = error;
  return { row, reason, concerns };
}

/** By SmimeCertificate's own rule: what was adopted is left. */
const fateOf = ({ isAdopted }: Placed, { onDelete }: Pick<Orders, "onDelete">): "delete" | "retain" =>
  onDelete ?? (isAdopted ? "retain" : "delete");

/** By this program, in a row or as a resource. */
const isDeclared = ({ user, sendAs, fingerprint, certificateId: copy }: Placed, { claims }: Services): boolean =>
  claims.has(certificateClaim({ userId: user, sendAsEmail: sendAs }, fingerprint, copy));

/**
 * Pulumi deletes a resource after every Check of the program, but a row in the middle of them: what the program declares
 * further down is known by the time a list has come. Who must be sure lets the fleet depend on it.
 */
async function beforeDeleting(
  leaving: readonly Placed[],
  chosen: Settled,
  { onDelete }: Orders,
  services: Services,
): Promise<Settled> {
  if (!leaving.some((one) => fateOf(one, { onDelete }) === "delete")) return chosen;
  try {
    await services.sendAs.list(chosen.mailbox.address);
    await services.claims.settled(); // a key file may take longer to open than the list to come
    return chosen;
  } catch (error) {
    const failed = leaving.slice(0, 1).map((row) => failureOf(row, error));
    return { ...chosen, failed, ...(error instanceof Interrupted && { interrupted: error }) };
  }
}

/** Deletes these of an address; before its last ones go, the default that was there before the fleet's is put back. */
export async function remove(
  mailbox: Mailbox,
  leaving: readonly Placed[],
  orders: Pick<Orders, "onDelete">,
  services: Services,
): Promise<Settled> {
  const gone = new Set<string>();
  const isLast = mailbox.wanted.length === 0;
  let left = mailbox;
  try {
    if (isLast) left = await restoreDefault(mailbox, orders, services);
    for (const one of leaving) {
      await removeOne(one, isLast, orders, services);
      gone.add(one.certificateId);
    }
  } catch (error) {
    const { userId: user, sendAsEmail: sendAs } = mailbox.address;
    const row = leaving.find(({ certificateId }) => !gone.has(certificateId)) ?? { user, sendAs, name: "" };
    const failed = [failureOf(row, error)];
    return { mailbox: without(left, gone), failed, ...(error instanceof Interrupted && { interrupted: error }) };
  }
  return { mailbox: without(left, gone), failed: [] };
}

const without = (mailbox: Mailbox, gone: ReadonlySet<string>): Mailbox => ({
  ...mailbox,
  placed: mailbox.placed.filter(({ certificateId }) => !gone.has(certificateId)),
});

/**
 * By SmimeCertificate's own rules. What the program still declares is left; where it declares the address, in another fleet or
 * as a resource, the keys for old mail are left as well.
 */
async function removeOne(
  one: Placed,
  isLast: boolean,
  orders: Pick<Orders, "onDelete">,
  services: Services,
): Promise<void> {
  const { user, sendAs, certificateId, fingerprint, expiration, isAdopted, isEarlier } = one;
  if (isDeclared(one, services)) return;
  const address = { userId: user, sendAsEmail: sendAs };
  if (isLast && isEarlier && services.claims.has(addressClaim(address))) {
    services.log("info", `${describeRow(one)}: ${describeLeaf(one)} is left in Gmail for old mail`);
    return;
  }
  const state = { ...address, certificateId, fingerprint, expiration, adopted: isAdopted };
  const id = smimeInfoId(address, certificateId);
  await smimeCertificate.delete(id, { ...state, onDelete: fateOf(one, orders) }, services);
}
