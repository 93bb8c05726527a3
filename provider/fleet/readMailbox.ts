/** One address of a fleet as Gmail has it now. */
import type { SmimeInfo } from "../google/gmail";
import { factsOf, onAddress } from "../resources/observed";
import type { Services } from "../resources/services";
import type { Unmanaged } from "./held";
import { readDefault } from "./mailboxDefault";
import type { Mailbox } from "./mailboxes";
import { describeRow } from "./rows";

const GONE = "a certificate that was kept for old mail is gone, and nothing can put its key back";

/** One list, and a get for what is missing in it: a list may lag. */
export async function readMailbox(mailbox: Mailbox, services: Services): Promise<Mailbox> {
  const { address } = mailbox;
  const entries = (await services.sendAs.list(address)) ?? [];
  const placed = [];
  for (const one of mailbox.placed) {
    if (await onAddress(address, one.certificateId, services)) placed.push(one);
    else if (one.isEarlier) services.log("warning", `${describeRow(one)}: ${GONE} (${one.fingerprint.slice(0, 16)}…)`);
  }
  return readDefault({ ...mailbox, placed, unmanaged: unmanagedIn(entries, mailbox) }, services);
}

/** What is on the address and the fleet does not hold. */
export function unmanagedIn(entries: readonly SmimeInfo[], { address, placed }: Mailbox): Unmanaged[] {
  const ours = new Set(placed.map(({ certificateId }) => certificateId));
  return entries
    .filter(({ id }) => !ours.has(id))
    .map(({ id, pem }) => {
      const { fingerprint = "unreadable", expiration = "unreadable" } = factsOf(pem) ?? {};
      return { user: address.userId, sendAs: address.sendAsEmail, certificateId: id, fingerprint, expiration };
    });
}
