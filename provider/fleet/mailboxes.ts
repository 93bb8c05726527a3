/** The rows of a fleet and what it holds at Google, brought together: one entry an address. */
import type { Address } from "../google/address";
import type { Held, Placed, Unmanaged } from "./held";
import type { Leaf } from "./leaves";
import type { Row } from "./rows";

/** A row, and what is in its file. */
export interface Wanted extends Row, Leaf {}

export interface Mailbox {
  readonly address: Address;
  readonly wanted: readonly Wanted[];
  readonly placed: readonly Placed[];
  /** Google's id of the default before the fleet's. */
  readonly previousDefault?: string | undefined;
  readonly unmanaged: readonly Unmanaged[];
}

/** In the order of the rows' text, so that the same inputs make the same calls. */
export function mailboxesOf(wanted: readonly Wanted[], { placed, previousDefaults, unmanaged }: Held): Mailbox[] {
  const [wantedOn, placedOn] = [byAddress(wanted), byAddress(placed)];
  const [previousOn, unmanagedOn] = [byAddress(previousDefaults), byAddress(unmanaged)];
  return [...new Set([...wantedOn.keys(), ...placedOn.keys(), ...previousOn.keys()])].map((key) => {
    const [userId = "", sendAsEmail = ""] = key.split("\t");
    return {
      address: { userId, sendAsEmail },
      wanted: wantedOn.get(key) ?? [],
      placed: placedOn.get(key) ?? [],
      previousDefault: previousOn.get(key)?.[0]?.certificateId,
      unmanaged: unmanagedOn.get(key) ?? [],
    };
  });
}

function byAddress<T extends { readonly user: string; readonly sendAs: string }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = `${one.user}\t${one.sendAs}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

/** What the fleet holds on these; an address that it left leaves nothing. */
export function heldOn(mailboxes: readonly Mailbox[]): Held {
  const inUse = mailboxes.filter(
    ({ wanted, placed, previousDefault }) => wanted.length + placed.length > 0 || previousDefault !== undefined,
  );
  return {
    placed: inUse.flatMap(({ placed }) => placed),
    previousDefaults: inUse.flatMap(({ address: { userId: user, sendAsEmail: sendAs }, previousDefault }) =>
      previousDefault === undefined ? [] : { user, sendAs, certificateId: previousDefault },
    ),
    unmanaged: inUse.flatMap(({ unmanaged }) => unmanaged),
  };
}
