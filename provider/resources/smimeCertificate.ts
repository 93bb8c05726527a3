/**
 * One S/MIME certificate, with its private key, on one address.
 *
 * ```ts
 * const alice = new SmimeCertificate("alice", {
 *   userId: "alice@example.com",
 *   pkcs12: new pulumi.asset.FileAsset("keys/alice.p12"),
 *   password: config.requireSecret("alicePassword"),
 * });
 * ```
 *
 * Its identity is the SHA-256 of the leaf certificate: another encoding, password or chain order is no change. Another
 * leaf, mailbox or address is uploaded first, and the old one deleted last. There is no update at Google (facts B1).
 */
import type { Draft, Failure, Field, Foreseen, Inputs, State } from "../fields";
import { UNKNOWN } from "../fields";
import type { Address } from "../google/address";
import type { Inserted } from "../google/sendAs";
import {
  certificateFacts,
  type CertificateFacts,
  certificateFindings,
  expiryFindings,
  renewalDueAt,
} from "../keys/certificate";
import { KeyMaterialError, type Finding } from "../keys/problem";
import type { Checked, Claim, Found, Kept, Resource } from "../lifecycle";
import { MailKeyError } from "../mailKeyError";
import {
  addressClaim,
  certificateClaim,
  addressFields,
  addressOf,
  checkAddress,
  describeAddress,
  endpointField,
  parseSmimeInfoId,
  rowsClaim,
  smimeInfoId,
} from "./address";
import { isKept, keySourceFields, knownKey, loadKey, sourceFailures, type Material } from "./keySource";
import { certificateListing } from "./listing";
import { factsOf, hasLeaf, lastToExpire, onAddress } from "./observed";
import type { Services } from "./services";

const fields = {
  ...addressFields,
  ...keySourceFields,
  onDelete: {
    type: "string",
    input: "optional",
    output: true,
    values: ["delete", "retain"],
    description:
      "Whether deleting this resource deletes the key in Gmail. Default: delete what we inserted, retain what was adopted.",
  },
  renewBeforeDays: {
    type: "number",
    input: "optional",
    minimum: 1,
    maximum: 825,
    description: "Days before expiration at which the certificate is due for renewal.",
  },
  expiryPolicy: {
    type: "string",
    input: "optional",
    values: ["warn", "error", "ignore"],
    description: "What a preview does about a certificate already there that has expired or is due. Default: warn.",
  },
  keepPem: {
    type: "boolean",
    input: "optional",
    output: true,
    description:
      "False leaves `pem` out of the state, where it is most of what a certificate takes: `pem` is then empty. Default: true.",
  },
  fingerprint: {
    type: "string",
    input: "checked",
    output: true,
    always: true,
    replaces: true,
    description: "SHA-256 of the leaf, upper-case hex.",
  },
  certificateId: {
    type: "string",
    output: true,
    always: true,
    description: "Google's id of the certificate on this address.",
  },
  subject: { type: "string", output: true, always: true, description: "The leaf's subject." },
  issuerCn: { type: "string", output: true, always: true, description: "The common name of the leaf's issuer." },
  emails: { type: "strings", output: true, always: true, description: "The addresses in the leaf." },
  serialNumber: { type: "string", output: true, always: true, description: "The leaf's serial number, hex." },
  notBefore: { type: "string", output: true, always: true, description: "Start of validity, RFC 3339." },
  expiration: { type: "string", output: true, always: true, description: "End of validity, RFC 3339." },
  renewalDueAt: { type: "string", output: true, description: "`renewBeforeDays` before expiration, RFC 3339." },
  pem: {
    type: "string",
    output: true,
    always: true,
    description: "The public certificate and its chain, as Gmail returns them.",
  },
  adopted: {
    type: "boolean",
    output: true,
    always: true,
    description: "True where create found the certificate already there.",
  },
  endpoint: endpointField,
} as const satisfies Record<string, Field>;
type F = typeof fields;

export const smimeCertificate: Resource<F, Services> = {
  token: "SmimeCertificate",
  description: "One S/MIME certificate, with its private key, on one address of a Gmail mailbox.",
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
  list: certificateListing,
};

function claims(properties: Draft<F> | State<F>): Claim[] {
  const { userId, sendAsEmail, fingerprint } = properties;
  if (typeof userId !== "string" || typeof sendAsEmail !== "string" || typeof fingerprint !== "string") return [];
  const copy = "certificateId" in properties ? properties.certificateId : undefined;
  const address = { userId, sendAsEmail };
  return [certificateClaim(address, fingerprint, copy), addressClaim(address)];
}

async function check(inputs: Draft<F>, olds: Draft<F>, services: Services): Promise<Checked> {
  const { computed, address, failures } = checkAddress(inputs, services);
  const sourceProblems = sourceFailures(inputs);
  if (await isOldKey(inputs, olds, services))
    return { computed: { ...computed, fingerprint: olds.fingerprint }, failures: [...failures, ...sourceProblems] };
  const loaded = sourceProblems.length > 0 ? { failures: sourceProblems } : await tryLoad(inputs, services);
  if (!loaded.material)
    return { computed: { ...computed, fingerprint: UNKNOWN }, failures: [...failures, ...loaded.failures] };
  const { leaf, chain } = loaded.material;
  const facts = certificateFacts(leaf);
  services.leafRead(facts);
  // handed in: the one that ignoreChanges keeps, whatever is in the file
  const { renewBeforeDays: days, fingerprint = facts.fingerprint } = inputs;
  const findings = [
    ...certificateFindings(leaf, chain, address?.sendAsEmail),
    ...expiryFindings(facts, services.now(), {
      leafIsNew: olds.fingerprint !== fingerprint && loaded.material.upload !== undefined,
      expiryPolicy: typeof inputs.expiryPolicy === "string" ? inputs.expiryPolicy : "warn",
      ...(typeof days === "number" && { renewBeforeDays: days }),
    }),
  ]
    .filter((finding) => loaded.material.upload !== undefined || isAboutTime(finding))
    .filter(({ field }) => inputs.chain !== UNKNOWN || field !== "chain");
  const where = `SmimeCertificate of ${describeAddress(computed)}`;
  return {
    computed: { ...computed, fingerprint },
    failures: [...failures, ...findings.filter((finding) => finding.severity === "error")],
    ...(olds.fingerprint !== fingerprint && { notices: [`${where}: ${describe(facts, loaded.material)}`] }),
    warnings: [
      ...findings.filter((finding) => finding.severity === "warning").map((finding) => finding.reason),
      ...replacementWarnings(olds, { ...inputs, ...computed, fingerprint }),
    ].map((warning) => `${where}: ${warning}`),
  };
}

/** Nothing can be said of a key whose file is another by now; what is at Google stays as it is. */
async function isOldKey(inputs: Draft<F>, olds: Draft<F>, services: Services): Promise<boolean> {
  if (typeof olds.fingerprint !== "string") return false;
  const parts = ["pkcs12", "privateKey", "certificate"] as const;
  return (await Promise.all(parts.map((part) => isKept(inputs[part], olds[part], services)))).includes(true);
}

/** For whoever reads the preview: a dynamic provider cannot show outputs before they are there. */
const describe = (
  { subject, issuerCn, notBefore, expiration, fingerprint }: CertificateFacts,
  { upload }: Material,
): string =>
  `${upload ? "new certificate" : "certificate"} ${subject}, issued by ${issuerCn}, valid from ${notBefore} to ${expiration}, SHA-256 ${fingerprint}.`;

/** What only adopts is on the address already: Google has accepted it, and only time can turn against it. */
const isAboutTime = ({ code }: Finding): boolean => ["expired", "notYetValid", "renewalDue"].includes(code);

type Loaded =
  | { readonly material: Material; readonly failures?: never }
  | { readonly material?: undefined; readonly failures: readonly Failure[] };

async function tryLoad(inputs: Draft<F>, services: Services): Promise<Loaded> {
  try {
    const material = await loadKey(inputs, services);
    return material ? { material } : { failures: [] };
  } catch (error) {
    if (error instanceof KeyMaterialError) return { failures: error.problems };
    throw error;
  }
}

/** The private key cannot be had back from Gmail, and mail encrypted to it is read with it (facts google B4). */
function replacementWarnings(olds: Draft<F>, news: Draft<F>): string[] {
  const moved = olds.userId !== news.userId || olds.sendAsEmail !== news.sendAsEmail;
  const exists = typeof olds.fingerprint === "string" && olds.onDelete !== "retain";
  if (!exists || (!moved && olds.fingerprint === news.fingerprint)) return [];
  const from = moved ? ` on ${describeAddress(olds)}` : "";
  return [
    `this replaces the certificate${from}. If this stack uploaded that one, its private key is deleted from Gmail at the end, ` +
      "and mail encrypted to it can no longer be read there. To keep it, declare the new certificate as a resource of its own beside the old one.",
  ];
}

function diff(state: State<F>, inputs: Draft<F>): readonly string[] {
  const { renewBeforeDays: days } = inputs;
  if (days === UNKNOWN) return ["renewBeforeDays"];
  const { expiration } = state;
  const due = expiration === undefined ? undefined : renewalDueAt(expiration, days);
  return due === state.renewalDueAt ? [] : ["renewBeforeDays"];
}

/** Everything but what Gmail decides: its id, and how it writes the chain. */
async function foresee(state: State<F>, inputs: Draft<F>, services: Services): Promise<Foreseen<F>> {
  const { renewBeforeDays: days } = inputs;
  const known = state.expiration !== undefined ? state : await factsToCome(inputs, services);
  const { expiration } = known;
  const isKnown = expiration !== undefined && days !== UNKNOWN;
  const pem = inputs.keepPem === false ? "" : state.pem || UNKNOWN;
  return { ...known, pem, renewalDueAt: isKnown ? renewalDueAt(expiration, days) : UNKNOWN };
}

async function factsToCome(inputs: Draft<F>, services: Services): Promise<State<F>> {
  return (await knownKey(inputs, services))?.facts ?? {};
}

async function create(inputs: Inputs<F>, services: Services): Promise<Kept<F>> {
  const address = addressOf(inputs, "SmimeCertificate");
  const known = await knownKey(inputs, services);
  const { fingerprint } = inputs;
  if (!known || fingerprint === undefined || known.facts.fingerprint !== fingerprint) {
    throw new MailKeyError(
      `SmimeCertificate of ${describeAddress(address)}: the key file changed while Pulumi ran. Nothing was uploaded; run pulumi up again.`,
    );
  }
  const { info, adopted } = known.upload
    ? await services.sendAs.insert(address, known.upload, hasLeaf(fingerprint))
    : await adopt(address, fingerprint, services);
  if (adopted && known.upload) services.log("warning", adoptionWarning(address, adopted, inputs));
  const pem = info.pem ?? (await pemOf(inputs, services));
  return {
    id: smimeInfoId(address, info.id),
    state: stateOf({ address, id: info.id, pem, adopted: adopted !== undefined }, inputs, services),
  };
}

/** Where Google's answer to an insert left it out. */
async function pemOf(inputs: Inputs<F>, services: Services): Promise<string> {
  const material = await loadKey(inputs, services);
  return material ? [material.leaf, ...material.chain].map(String).join("") : "";
}

async function adopt(address: Address, fingerprint: string, services: Services): Promise<Inserted> {
  const info = await services.sendAs.find(address, hasLeaf(fingerprint));
  if (info) return { info, adopted: "was there" };
  throw new MailKeyError(
    `SmimeCertificate of ${describeAddress(address)}: certificate is given without a key, so it must be on the address already, ` +
      `but no certificate there has the SHA-256 ${fingerprint}. Add pkcs12 or privateKey, or choose another certificate.`,
  );
}

function adoptionWarning(address: Address, why: NonNullable<Inserted["adopted"]>, { onDelete }: Inputs<F>): string {
  const found =
    why === "was there"
      ? "the same certificate was already there and was adopted, not uploaded again."
      : "Google's answer to the upload was lost; the certificate is there, and counts as adopted since it is not certain who put it there.";
  const kept =
    onDelete === "delete"
      ? "onDelete: delete says to delete it with this resource."
      : "It is left there when this resource is deleted, unless onDelete is delete.";
  return `SmimeCertificate of ${describeAddress(address)}: ${found} ${kept}`;
}

interface Observed {
  readonly address: Address;
  readonly id: string;
  readonly pem: string;
  readonly adopted: boolean;
}

function stateOf(
  { address, id, pem, adopted }: Observed,
  wanted: Pick<Inputs<F>, "onDelete" | "renewBeforeDays" | "keepPem">,
  services: Services,
): State<F> {
  const facts = factsOf(pem);
  if (!facts)
    throw new MailKeyError(
      `SmimeCertificate of ${describeAddress(address)}: Gmail returned no certificate for ${id}. Run pulumi refresh.`,
    );
  const { onDelete, renewBeforeDays, keepPem } = wanted;
  const due = renewalDueAt(facts.expiration, renewBeforeDays);
  return {
    ...address,
    ...(onDelete !== undefined && { onDelete }),
    ...(keepPem !== undefined && { keepPem }),
    certificateId: id,
    ...facts,
    ...(due !== undefined && { renewalDueAt: due }),
    pem: keepPem === false ? "" : pem,
    adopted,
    endpoint: services.sendAs.endpoint,
  };
}

async function read(id: string, state: State<F>, services: Services): Promise<Found<F> | undefined> {
  const name = parseSmimeInfoId(id);
  if (!name)
    throw new MailKeyError(
      `${id} is not the id of a certificate. It looks like users/alice@example.com/settings/sendAs/alice@example.com/smimeInfo/ANe1Bm…`,
    );
  const { address, certificateId } = name;
  const info = await onAddress(address, certificateId, services);
  if (!info) return undefined;
  const pem = info.pem ?? state.pem ?? "";
  if (pem === "" && state.fingerprint !== undefined) return { id, state }; // nothing new of what was not kept
  const isImport = state.certificateId === undefined;
  const kept = stateOf({ address, id: certificateId, pem, adopted: state.adopted ?? true }, state, services);
  const { renewalDueAt: due } = state;
  const { fingerprint = "" } = kept;
  const found = { ...kept, ...(due !== undefined && { renewalDueAt: due }) };
  // an imported id may be percent-encoded, as in a copied URL: what is kept is spelled as create spells it
  if (isImport)
    return {
      id: smimeInfoId(address, certificateId),
      state: found,
      inputs: { ...address, certificate: pem, fingerprint },
    };
  return { id, state: found };
}

/** Everything that Google would see replaces; only our own settings are updated, and nothing but a missing PEM is asked for. */
async function update(id: string, state: State<F>, inputs: Inputs<F>, services: Services): Promise<State<F>> {
  const { onDelete: _onDelete, renewalDueAt: _due, keepPem: _keepPem, pem = "", ...kept } = state;
  const { onDelete, renewBeforeDays, keepPem } = inputs;
  const due = state.expiration === undefined ? undefined : renewalDueAt(state.expiration, renewBeforeDays);
  return {
    ...kept,
    ...(onDelete !== undefined && { onDelete }),
    ...(keepPem !== undefined && { keepPem }),
    pem: keepPem === false ? "" : pem || (await pemInGmail(id, services)),
    ...(due !== undefined && { renewalDueAt: due }),
  };
}

async function pemInGmail(id: string, services: Services): Promise<string> {
  const name = parseSmimeInfoId(id);
  return (name && (await onAddress(name.address, name.certificateId, services))?.pem) ?? "";
}

async function remove(id: string, state: State<F>, services: Services): Promise<void> {
  const address = addressOf(state, id);
  const isFleets = services.claims.has(rowsClaim(address));
  const { certificateId, adopted = true, onDelete = adopted || isFleets ? "retain" : "delete" } = state;
  if (certificateId === undefined) throw new MailKeyError(`${id}: the state names no certificate. Run pulumi refresh.`);
  const where = `SmimeCertificate of ${describeAddress(address)}`;
  if (onDelete === "retain") {
    const why =
      isFleets && !adopted ? " A SmimeFleet has this address, and may keep it; onDelete: delete says otherwise." : "";
    services.log(
      "info",
      `${where}: certificate ${certificateId} (expires ${String(state.expiration)}) is left in Gmail.${why}`,
    );
    return;
  }
  const successor = await services.sendAs.delete(address, certificateId, lastToExpire);
  if (!successor) return;
  services.log(
    "warning",
    `${where}: Gmail does not delete a default while other certificates are there, so ${successor.id} became the default first.`,
  );
}
