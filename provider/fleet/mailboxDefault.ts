/** Which certificate an address of a fleet signs with: DefaultSmimeCertificate's own rules, over the fleet's state. */
import type { Address } from "../google/address";
import { MailKeyError, PartlyDone } from "../mailKeyError";
import { addressId, defaultClaim } from "../resources/address";
import { defaultSmimeCertificate } from "../resources/defaultSmimeCertificate";
import type { Services } from "../resources/services";
import type { Mailbox } from "./mailboxes";
import type { Placed } from "./held";

type State = Parameters<typeof defaultSmimeCertificate.update>[1];
type Inputs = Parameters<typeof defaultSmimeCertificate.update>[2];

const idOf = (address: Address): string => `${addressId(address)}/defaultSmimeInfo`;

/** Stands for a certificate that the fleet had made the default and that is gone. */
const GONE = "gone";

/** Empty before the fleet has chosen one. */
function stateOf({ address, placed, previousDefault }: Mailbox): State {
  const chosen = placed.find(({ isChosen }) => isChosen);
  if (!chosen && previousDefault === undefined) return {};
  const current = placed.find(({ isDefault }) => isDefault);
  return {
    ...address,
    ...(current && { certificateId: current.certificateId }),
    appliedCertificateId: chosen?.certificateId ?? GONE,
    ...(previousDefault !== undefined && { previousCertificateId: previousDefault }),
  };
}

function withState(mailbox: Mailbox, state: State): Mailbox {
  const { certificateId, appliedCertificateId, previousCertificateId } = state;
  const placed = mailbox.placed.map((one) => ({
    ...one,
    isDefault: one.certificateId === certificateId,
    isChosen: one.certificateId === appliedCertificateId,
  }));
  return { ...mailbox, placed, previousDefault: previousCertificateId };
}

/** A row's certificate of now; where that could not be uploaded, the one that it had. */
function candidates({ wanted, placed }: Mailbox): Placed[] {
  const current = new Set(wanted.map(({ fingerprint }) => fingerprint));
  const found = wanted.map(
    ({ fingerprint, name }) =>
      placed.find((one) => one.fingerprint === fingerprint) ??
      placed.find((one) => one.name === name && !one.isEarlier && !current.has(one.fingerprint)),
  );
  return found.filter((one) => one !== undefined);
}

const inputsOf = (mailbox: Mailbox): Inputs => ({
  ...mailbox.address,
  sendAsEmail: mailbox.address.sendAsEmail,
  choose: "furthestExpiry",
  candidates: candidates(mailbox).map(({ certificateId, expiration }) => ({ certificateId, expiration })),
});

/** Decided from inputs, state and the clock, never by a request. */
export function lacksDefault(mailbox: Mailbox, services: Services): boolean {
  const all = candidates(mailbox);
  if (all.length === 0) return false;
  const state = stateOf(mailbox);
  return state.appliedCertificateId === undefined
    ? all.some(({ expiration }) => Date.parse(expiration) > services.now().getTime())
    : (defaultSmimeCertificate.diff?.(state, inputsOf(mailbox), services) ?? []).length > 0;
}

/** Makes the furthest expiry the default. What was done before an error is in what it returns. */
export async function chooseDefault(
  mailbox: Mailbox,
  services: Services,
): Promise<{ mailbox: Mailbox; error?: MailKeyError }> {
  const [state, inputs, id] = [stateOf(mailbox), inputsOf(mailbox), idOf(mailbox.address)];
  try {
    const after =
      state.appliedCertificateId === undefined
        ? (await defaultSmimeCertificate.create(inputs, services)).state
        : await defaultSmimeCertificate.update(id, state, inputs, services);
    return { mailbox: withState(mailbox, after) };
  } catch (error) {
    if (error instanceof PartlyDone) return { mailbox: withState(mailbox, error.state), error };
    if (error instanceof MailKeyError) return { mailbox, error };
    throw error;
  }
}

/** As Gmail has it now. */
export async function readDefault(mailbox: Mailbox, services: Services): Promise<Mailbox> {
  const state = stateOf(mailbox);
  if (state.appliedCertificateId === undefined) return mailbox;
  const found = await defaultSmimeCertificate.read(idOf(mailbox.address), state, services);
  return found ? withState(mailbox, found.state) : mailbox;
}

/** Puts back what was the default before the fleet's, as the rules of DefaultSmimeCertificate allow, and forgets it. */
export async function restoreDefault(
  mailbox: Mailbox,
  { onDelete }: { readonly onDelete?: "delete" | "retain" | undefined },
  services: Services,
): Promise<Mailbox> {
  const state = stateOf(mailbox);
  const isDeclared = services.claims.has(defaultClaim(mailbox.address));
  if (state.appliedCertificateId !== undefined && !isDeclared) {
    const retain = onDelete === "retain" && { onDelete }; // who leaves the keys where they are leaves all as it is
    await defaultSmimeCertificate.delete(idOf(mailbox.address), { ...state, ...retain }, services);
  }
  // a row that comes back chooses anew
  return withState(mailbox, {});
}
