/** Rows that functions share with the resources: the words about a property are written once. */
import type { Field } from "../fields";
import { smimeCertificate } from "../resources/smimeCertificate";

type Writable = "required" | "optional";

/** A resource's property as a function's argument. */
export const argument = <R extends Field, I extends Writable>({ type, secret, description }: R, input: I) =>
  ({ type: type as R["type"], input, ...(secret && { secret }), description }) as const;

/** A resource's property as a part of a result that may be missing. */
export const shown = <R extends Field>({ type, description }: R) =>
  ({ type: type as R["type"], output: true, description }) as const;

/** A property of an object in a result. */
const listed = <R extends Pick<Field, "type" | "description">, I extends Writable>(
  { type, description }: R,
  input: I,
) => ({ type: type as R["type"], input, description }) as const;

const { fingerprint, subject, issuerCn, emails, serialNumber, notBefore, expiration, pem, certificateId } =
  smimeCertificate.fields;

/** What a certificate says of itself, where it could be read. */
export const factRows = {
  fingerprint: shown(fingerprint),
  subject: shown(subject),
  issuerCn: shown(issuerCn),
  emails: shown(emails),
  serialNumber: shown(serialNumber),
  notBefore: shown(notBefore),
  expiration: shown(expiration),
} as const satisfies Record<string, Field>;

/** A certificate that Gmail lists; the facts are missing where Gmail returned no readable PEM. */
export const certificateInfoRows = {
  id: listed({ type: "string", description: "The id of a SmimeCertificate, as import takes it." }, "required"),
  certificateId: listed(certificateId, "required"),
  isDefault: listed({ type: "boolean", description: "Whether the address signs with it." }, "required"),
  fingerprint: listed(fingerprint, "optional"),
  subject: listed(subject, "optional"),
  issuerCn: listed(issuerCn, "optional"),
  emails: listed(emails, "optional"),
  serialNumber: listed(serialNumber, "optional"),
  notBefore: listed(notBefore, "optional"),
  expiration: listed(expiration, "optional"),
  pem: listed(pem, "optional"),
} as const satisfies Record<string, Field>;

/** One of the issuing certificates in a file. */
export const chainRows = {
  subject: listed({ type: "string", description: "Its subject." }, "required"),
  issuerCn: listed({ type: "string", description: "The common name of its issuer." }, "required"),
  expiration: listed(expiration, "required"),
} as const satisfies Record<string, Field>;
