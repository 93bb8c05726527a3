/**
 * The domain's OpenPGP public key, which encrypts the Email Audit API's mailbox exports.
 *
 * ```ts
 * new AuditPublicKey("audit", { domain: "example.com", publicKey: new pulumi.asset.FileAsset("audit.asc") });
 * ```
 *
 * Google has no read and no delete for it (reference: email-audit-public-key): refresh cannot see what is there, and
 * deleting this resource leaves the key in use. Another key replaces it for all later exports.
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
import { KeyMaterialError } from "../keys/problem";
import { packetsSha256, readPublicKey, type PublicKeyFacts } from "../keys/openpgp";
import type { Checked, Found, Kept, Resource } from "../lifecycle";
import { MailKeyError } from "../mailKeyError";
import { endpointField } from "./address";
import { isKept, readText } from "./keySource";
import type { Services } from "./services";

const fields = {
  domain: {
    type: "string",
    input: "required",
    output: true,
    always: true,
    replaces: true,
    description: "The primary domain of the account.",
  },
  publicKey: {
    type: "material",
    input: "required",
    description: "One ASCII-armored RSA public key that may encrypt, with one user id: text, or an Asset.",
  },
  packetsSha256: {
    type: "string",
    input: "checked",
    output: true,
    always: true,
    description: "SHA-256 of the key's OpenPGP packets: another armor or line end is no change.",
  },
  fingerprint: {
    type: "string",
    output: true,
    always: true,
    description: "The primary key's fingerprint, upper-case hex.",
  },
  keyId: { type: "string", output: true, always: true, description: "The primary key's id, upper-case hex." },
  userIds: { type: "strings", output: true, always: true, description: "The key's user id." },
  algorithm: { type: "string", output: true, always: true, description: "RSA: Google takes no other." },
  bits: { type: "number", output: true, always: true, description: "The size of the primary key." },
  created: { type: "string", output: true, always: true, description: "When the key was made, RFC 3339." },
  expires: { type: "string", output: true, description: "When the key expires, RFC 3339; absent where it does not." },
  updated: { type: "string", output: true, description: "When Google took the key, RFC 3339." },
  entryId: { type: "string", output: true, description: "The Atom id that Google answered with." },
  endpoint: endpointField,
} as const satisfies Record<string, Field>;
type F = typeof fields;

export const auditPublicKey: Resource<F, Services> = {
  token: "AuditPublicKey",
  description: "The OpenPGP public key that encrypts a domain's Email Audit mailbox exports.",
  fields,
  endpoint: (services) => services.emailAudit.endpoint,
  check,
  foresee,
  create,
  read,
  update,
  delete: remove,
};

async function check(inputs: Draft<F>, olds: Draft<F>, services: Services): Promise<Checked> {
  const { domain, publicKey } = inputs;
  const { name, failures } = checkDomain(domain);
  const computed = name === undefined ? {} : { domain: name };
  if (publicKey === undefined || publicKey === UNKNOWN)
    return { computed: { ...computed, packetsSha256: UNKNOWN }, failures };
  if (typeof olds.packetsSha256 === "string" && (await isKept(publicKey, olds.publicKey, services)))
    return { computed: { ...computed, packetsSha256: olds.packetsSha256 }, failures };
  try {
    const text = await readText("publicKey", publicKey, services);
    const identity = { ...computed, packetsSha256: packetsSha256(text) };
    if (olds.packetsSha256 === identity.packetsSha256)
      return { computed: identity, failures, warnings: await lapses(text, services) };
    await readPublicKey(text, services.now());
    return { computed: identity, failures, notices: [limits(String(name))] };
  } catch (error) {
    if (error instanceof KeyMaterialError) return { computed, failures: [...failures, ...error.problems] };
    throw error;
  }
}

interface CheckedDomain {
  /** In lower case. */
  readonly name: string | Unknown | undefined;
  readonly failures: readonly Failure[];
}

export function checkDomain(written: string | Unknown | undefined): CheckedDomain {
  const name = typeof written === "string" ? written.trim().toLowerCase() : written;
  const isWrong = typeof name === "string" && !/^([a-z0-9-]+\.)+[a-z0-9-]{2,}$/.test(name);
  const reason = "domain is not a domain name. Write it as in example.com.";
  return { name, failures: isWrong ? [{ field: "domain", reason }] : [] };
}

/** A key that Google has taken before can only lapse with time, and must not block a whole stack when it does. */
async function lapses(text: string, services: Services): Promise<string[]> {
  try {
    await readPublicKey(text, services.now());
    return [];
  } catch (error) {
    if (error instanceof KeyMaterialError) return error.problems.map((problem) => `AuditPublicKey: ${problem.reason}`);
    throw error;
  }
}

const limits = (domain: string): string =>
  `AuditPublicKey of ${domain}: Google offers no way to read this key back or to delete it, so drift cannot be seen, ` +
  "and a later upload replaces it for all later exports.";

/** Everything but what Google answers. */
async function foresee(_state: State<F>, { publicKey }: Draft<F>, services: Services): Promise<Foreseen<F>> {
  if (publicKey === undefined || publicKey === UNKNOWN) return {};
  const text = await readText("publicKey", publicKey, services);
  const { armored: _armored, ...facts } = await readPublicKey(text, services.now());
  return { expires: undefined, ...facts };
}

async function create(inputs: Inputs<F>, services: Services): Promise<Kept<F>> {
  return { id: `domains/${inputs.domain}/auditPublicKey`, state: await upload(inputs, services) };
}

async function upload(inputs: Inputs<F>, services: Services): Promise<State<F>> {
  const { domain } = inputs;
  const { armored, ...facts }: PublicKeyFacts = await readPublicKey(
    await readText("publicKey", inputs.publicKey, services),
    services.now(),
  );
  if (facts.packetsSha256 !== inputs.packetsSha256) {
    throw new MailKeyError(
      `AuditPublicKey of ${domain}: the key file changed while Pulumi ran. Nothing was uploaded; run pulumi up again.`,
    );
  }
  const entry = await services.emailAudit.uploadPublicKey(domain, armored);
  return { domain, ...facts, ...entry, endpoint: services.emailAudit.endpoint };
}

/** Google has no read: what state remembers is all there is to say. */
function read(id: string, state: State<F>): Promise<Found<F> | undefined> {
  if (state.domain !== undefined) return Promise.resolve({ id, state });
  return Promise.reject(
    new MailKeyError(
      `${id} cannot be imported: Google does not return a domain's audit key. Declare it; the upload replaces what is there.`,
    ),
  );
}

function update(_id: string, _state: State<F>, inputs: Inputs<F>, services: Services): Promise<State<F>> {
  return upload(inputs, services);
}

/** Google has no delete either. */
function remove(_id: string, state: State<F>, services: Services): Promise<void> {
  services.log(
    "info",
    `AuditPublicKey of ${String(state.domain)}: forgotten here, but Google has no delete for it: exports stay encrypted to ${String(state.fingerprint)} until another key is uploaded.`,
  );
  return Promise.resolve();
}
