/**
 * Which certificate an address signs with.
 *
 * ```ts
 * new DefaultSmimeCertificate("alice", { userId: "alice@example.com", certificateId: alice.id });
 * ```
 *
 * The switch is Gmail's, not ours: create records what was the default before, and delete restores it if it is still
 * there, unexpired, and nobody changed the default since. There is no way to unset it.
 */
import {
  UNKNOWN,
  type Draft,
  type Failure,
  type Field,
  type Foreseen,
  type Inputs,
  type State,
  type Unknown,
} from "../fields";
import type { Address } from "../google/address";
import type { SmimeInfo } from "../google/gmail";
import type { Checked, Claim, Found, Kept, Resource } from "../lifecycle";
import { MailKeyError, PartlyDone } from "../mailKeyError";
import {
  addressFields,
  addressId,
  addressOf,
  checkAddress,
  defaultClaim,
  describeAddress,
  endpointField,
  parseSmimeInfoId,
} from "./address";
import { choiceFailures, choiceFields, expiryOfChoice, furthestExpiry } from "./choice";
import { defaultListing } from "./listing";
import { isUnexpired } from "./observed";
import type { Services } from "./services";

const fields = {
  ...addressFields,
  certificateId: {
    type: "string",
    input: "optional",
    output: true,
    ownDiff: true,
    description: "The certificate to sign with: the id of a SmimeCertificate, or Google's id of one on the address.",
  },
  ...choiceFields,
  onDelete: {
    type: "string",
    input: "optional",
    output: true,
    values: ["restore", "retain"],
    description:
      "Whether delete restores the default that was there before, if it is there, unexpired, and nobody changed the default since. Default: restore.",
  },
  appliedCertificateId: {
    type: "string",
    output: true,
    description:
      "Google's id of the certificate that this resource last made the default; certificateId is what Gmail says.",
  },
  previousCertificateId: {
    type: "string",
    output: true,
    description: "Google's id of the default before ours, if there was one.",
  },
  endpoint: endpointField,
} as const satisfies Record<string, Field>;
type F = typeof fields;

export const defaultSmimeCertificate: Resource<F, Services> = {
  token: "DefaultSmimeCertificate",
  description: "Which S/MIME certificate an address of a Gmail mailbox signs with.",
  fields,
  endpoint: (services) => services.sendAs.endpoint,
  claims,
  check,
  diff,
  foresee,
  create,
  read,
  update,
  delete: remove,
  list: defaultListing,
};

/** One resource an address: two that want different certificates would undo each other for ever. */
function claims(properties: Draft<F> | State<F>): Claim[] {
  const { userId, sendAsEmail, certificateId } = properties;
  if (typeof userId !== "string" || typeof sendAsEmail !== "string") return [];
  const wanted = typeof certificateId === "string" ? googleId(certificateId) : undefined;
  return [{ ...defaultClaim({ userId, sendAsEmail }), wanted }];
}

function check(inputs: Draft<F>, _olds: Draft<F>, services: Services): Promise<Checked> {
  const { computed, failures } = checkAddress(inputs, services);
  const wrong = [...failures, ...choiceFailures(inputs), ...foreignIds({ ...inputs, ...computed })];
  const where = `DefaultSmimeCertificate of ${describeAddress(computed)}`;
  if (wrong.length > 0) return Promise.resolve({ computed, failures: wrong });
  const { failures: due, warnings } = expiryOfChoice(inputs, services.now());
  return Promise.resolve({ computed, failures: due, warnings: warnings.map((warning) => `${where}: ${warning}`) });
}

/** A full id names its address: one of another address can never become this one's default. */
function foreignIds({ certificateId, candidates, userId, sendAsEmail }: Draft<F>): Failure[] {
  const listed =
    candidates === undefined || candidates === UNKNOWN ? [] : candidates.map((candidate) => candidate.certificateId);
  const failures: Failure[] = [];
  const here = describeAddress({
    ...(userId !== undefined && { userId }),
    ...(sendAsEmail !== undefined && { sendAsEmail }),
  });
  for (const id of [certificateId, ...listed] as (string | Unknown | undefined)[]) {
    if (typeof id !== "string" || !id.includes("/")) continue;
    const field = id === certificateId ? "certificateId" : "candidates";
    const name = parseSmimeInfoId(id);
    if (!name)
      failures.push({
        field,
        reason: `${field}: ${JSON.stringify(id)} is not the id of a SmimeCertificate, nor Google's.`,
      });
    else if (isElsewhere(name.address, { userId, sendAsEmail })) {
      failures.push({
        field,
        reason: `${field}: this certificate is on ${describeAddress(name.address)}, not on ${here}. Declare one for this address.`,
      });
    }
  }
  return failures;
}

/** `me` may be any user. */
function isElsewhere(
  one: Address,
  { userId, sendAsEmail }: { [K in keyof Address]: Address[K] | Unknown | undefined },
): boolean {
  if (typeof userId !== "string" || typeof sendAsEmail !== "string") return false;
  return one.sendAsEmail !== sendAsEmail || (one.userId !== userId && ![one.userId, userId].includes("me"));
}

/** Google's id from a full id or from itself. */
const googleId = (id: string): string => parseSmimeInfoId(id)?.certificateId ?? id;

/** What should be the default: UNKNOWN before it is known, undefined where no candidate is valid. */
function target({ certificateId, candidates }: Draft<F>, now: Date): string | Unknown | undefined {
  const id: string | Unknown | undefined = certificateId ?? chosenId(candidates, now);
  return typeof id === "string" ? googleId(id) : id;
}

function chosenId(candidates: Draft<F>["candidates"], now: Date): string | Unknown | undefined {
  if (candidates === UNKNOWN || candidates === undefined) return candidates;
  const chosen = furthestExpiry(candidates, now);
  return chosen === UNKNOWN ? UNKNOWN : chosen?.certificateId;
}

/** Decided from inputs, state and the clock, never by a request. */
function diff(state: State<F>, inputs: Draft<F>, services: Services): readonly string[] {
  const wanted = target(inputs, services.now());
  return wanted === undefined || wanted === state.certificateId
    ? []
    : [inputs.choose === undefined ? "certificateId" : "candidates"];
}

/** What was the default before our first write is known only when that write is made. */
function foresee(state: State<F>, inputs: Draft<F>, services: Services): Promise<Foreseen<F>> {
  const { appliedCertificateId: ours, previousCertificateId } = state;
  const wanted = target(inputs, services.now());
  return Promise.resolve({
    ...(wanted !== undefined && { certificateId: wanted, appliedCertificateId: wanted }),
    ...(ours !== undefined && { previousCertificateId }),
  });
}

const defaultId = (address: Address): string => `${addressId(address)}/defaultSmimeInfo`;

async function create(inputs: Inputs<F>, services: Services): Promise<Kept<F>> {
  const address = addressOf(inputs, "DefaultSmimeCertificate");
  const entries = (await services.sendAs.seen(address)) ?? [];
  const before = await currentDefault(address, entries, undefined, services);
  const id = defaultId(address);
  return { id, state: await setDefault(id, before === undefined ? {} : { certificateId: before }, inputs, services) };
}

/** Makes the wanted certificate the default, unless it is; remembers what was the default before our first write. */
async function setDefault(id: string, before: State<F>, inputs: Inputs<F>, services: Services): Promise<State<F>> {
  const address = addressOf(inputs, "DefaultSmimeCertificate");
  const wanted = target(inputs, services.now());
  const { certificateId: current, appliedCertificateId: ours, previousCertificateId: previous } = before;
  const isOurs = typeof wanted === "string";
  const isNew = isOurs && current !== wanted;
  const baseline = ours === undefined && isNew ? current : previous;
  const certificateId = isOurs ? wanted : current;
  const appliedCertificateId = isOurs ? wanted : ours;
  const after: State<F> = {
    ...address,
    ...(certificateId !== undefined && { certificateId }),
    ...(appliedCertificateId !== undefined && { appliedCertificateId }),
    ...(inputs.onDelete !== undefined && { onDelete: inputs.onDelete }),
    ...(baseline !== undefined && { previousCertificateId: baseline }),
    endpoint: services.sendAs.endpoint,
  };
  if (isNew) await write({ id, address, wanted, after }, services);
  return after;
}

interface Write {
  readonly id: string;
  readonly address: Address;
  readonly wanted: string;
  /** The state once it is done. */
  readonly after: State<F>;
}

async function write({ id, address, wanted, after }: Write, services: Services): Promise<void> {
  const { certificateId: _unsure, ...kept } = after;
  const done = await services.sendAs.setDefault(address, wanted).catch((error: unknown) => {
    // perhaps done: what was the default before would be lost with the error
    throw error instanceof MailKeyError && error.mayBeDone ? new PartlyDone(error, id, kept) : error;
  });
  if (done) return;
  throw new MailKeyError(
    `DefaultSmimeCertificate of ${describeAddress(address)}: Gmail has no certificate ${wanted} on this address. Run pulumi refresh, then pulumi up.`,
  );
}

/** An address without a default keeps this resource, so that Diff shows what is missing and the baseline is not lost. */
async function read(id: string, state: State<F>, services: Services): Promise<Found<F> | undefined> {
  const address = state.userId === undefined ? addressFromId(id) : addressOf(state, id);
  const entries = await services.sendAs.seen(address);
  if (!entries) return undefined;
  const { certificateId: remembered, ...kept } = state;
  const current = await currentDefault(address, entries, remembered, services);
  const found = {
    ...kept,
    ...address,
    ...(current !== undefined && { certificateId: current }),
    endpoint: services.sendAs.endpoint,
  };
  if (state.userId !== undefined) return { id, state: found };
  if (current === undefined) return undefined;
  return { id: defaultId(address), state: found, inputs: { ...address, certificateId: current } };
}

/**
 * Google's id of the default. A list may lag, a get is always current: one that names another default than we remember
 * is believed only when a get of what it names agrees.
 */
async function currentDefault(
  address: Address,
  entries: readonly SmimeInfo[],
  remembered: string | undefined,
  services: Services,
): Promise<string | undefined> {
  const listed = entries.find((info) => info.isDefault)?.id;
  if (listed !== undefined && listed === remembered) return listed;
  for (const id of [remembered, listed]) {
    if (id !== undefined && (await services.sendAs.get(address, id))?.isDefault) return id;
  }
  return undefined;
}

function addressFromId(id: string): { userId: string; sendAsEmail: string } {
  const [, address] = /^(.+)\/defaultSmimeInfo$/.exec(id) ?? [];
  const name = address === undefined ? undefined : parseSmimeInfoId(`${address}/smimeInfo/default`);
  if (name) return name.address;
  throw new MailKeyError(
    `${id} is not the id of a default. It looks like users/alice@example.com/settings/sendAs/alice@example.com/defaultSmimeInfo`,
  );
}

async function update(id: string, state: State<F>, inputs: Inputs<F>, services: Services): Promise<State<F>> {
  return setDefault(id, state, inputs, services);
}

async function remove(id: string, state: State<F>, services: Services): Promise<void> {
  const address = addressOf(state, id);
  const where = `DefaultSmimeCertificate of ${describeAddress(address)}`;
  const leave = (why: string): void =>
    services.log("info", `${where}: ${why}, so the default stays as it is (Gmail cannot unset it).`);
  const { previousCertificateId: previous, appliedCertificateId: ours } = state;
  if (state.onDelete === "retain") return leave("onDelete is retain");
  if (previous === undefined) return leave("no earlier default is recorded");
  const entries = (await services.sendAs.list(address)) ?? [];
  const current = await currentDefault(address, entries, ours, services);
  if (current !== undefined && current !== ours) return leave("somebody else changed it since");
  const restorable = entries.find((info) => info.id === previous);
  if (!restorable || !isUnexpired(restorable, services.now()))
    return leave(`the one before ours (${previous}) is gone or has expired`);
  if (!(await services.sendAs.setDefault(address, previous))) leave(`the one before ours (${previous}) is gone`);
}
