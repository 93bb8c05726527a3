/** What a mailbox holds that a stack could adopt: its certificates and, if asked, the default of each of its addresses. */
import type { Values } from "../provider/fields";
import * as lifecycle from "../provider/lifecycle";
import { MailKeyError, ownError } from "../provider/mailKeyError";
import { resourceOf } from "../provider/resources";
import { parseSmimeInfoId } from "../provider/resources/address";
import type { Services } from "../provider/resources/services";
import type { Adoptable } from "./importFile";

export interface Looked {
  readonly mailbox: string;
  /** Empty where looking failed. */
  readonly found: readonly Adoptable[];
  /** Why it failed. */
  readonly reason?: string;
}

/** One that fails stops no other. */
export async function lookAt(
  mailbox: string,
  { services, defaults }: { readonly services: Services; readonly defaults: boolean },
): Promise<Looked> {
  try {
    const certificates = await list("SmimeCertificate", { userId: mailbox }, services);
    // an address without a certificate has no default; the lists are still fresh, so these ask nothing more
    const addresses = new Set(certificates.flatMap(({ id }) => parseSmimeInfoId(id)?.address.sendAsEmail ?? []));
    const found = [...certificates];
    for (const sendAsEmail of defaults ? addresses : [])
      found.push(...(await list("DefaultSmimeCertificate", { userId: mailbox, sendAsEmail }, services)));
    return { mailbox, found };
  } catch (error) {
    return { mailbox, found: [], reason: ownError(error, `Looking at ${mailbox}`).message };
  }
}

async function list(token: Adoptable["token"], query: Values, services: Services): Promise<Adoptable[]> {
  const { items, failures } = await lifecycle.list(resourceOf(token), query, 0, services);
  if (failures.length > 0) throw new MailKeyError(failures.map(({ reason }) => reason).join(" "));
  return items.map((item) => ({ ...item, token }));
}
