/** What a random program declares: certificates, defaults, the audit key; and how one becomes the next. */

/** A send-as address of a mailbox. */
export interface Place {
  readonly user: string;
  readonly address: string;
}

/** How the key is handed in; `adopt` is the certificate without its key, which must be there already. */
export type Form = "text" | "file" | "pem" | "adopt";

export interface CertificateSlot {
  readonly name: string;
  /** What it was called before, where the program says so. */
  readonly alias?: string;
  readonly place: Place;
  /** Of the keys that the place's mailbox may use (see keyRing.ts). */
  readonly key: number;
  readonly form: Form;
  readonly onDelete?: "delete" | "retain";
}

export interface DefaultSlot {
  readonly name: string;
  readonly alias?: string;
  readonly place: Place;
  /** Names of certificates of that place: one is named, among several the provider chooses. */
  readonly among: readonly string[];
  readonly onDelete?: "restore" | "retain";
}

export interface Model {
  readonly certificates: readonly CertificateSlot[];
  readonly defaults: readonly DefaultSlot[];
  /** Addresses whose certificates are rows of a fleet (see fleet.ts). */
  readonly fleet: readonly Place[];
  /** Which of the audit keys. */
  readonly audit?: number;
}

export const EMPTY: Model = { certificates: [], defaults: [], fleet: [] };

export const isAt = (one: Place, other: Place): boolean => one.user === other.user && one.address === other.address;

export const namesOf = (model: Model): string[] => [...model.certificates, ...model.defaults].map(({ name }) => name);

/** Replaces one certificate; a default follows its name, and forgets it where it went elsewhere. */
export function changed(model: Model, name: string, change: Partial<CertificateSlot>): Model {
  const certificates = model.certificates.map((slot) => (slot.name === name ? { ...slot, ...change } : slot));
  const renamed = { ...model, certificates };
  const defaults = model.defaults.map((slot) => ({
    ...slot,
    among: slot.among.map((each) => (each === name ? (change.name ?? name) : each)),
  }));
  return withoutDangling({ ...renamed, defaults });
}

export function without(model: Model, name: string): Model {
  const certificates = model.certificates.filter((slot) => slot.name !== name);
  const defaults = model.defaults.filter((slot) => slot.name !== name);
  return withoutDangling({ ...model, certificates, defaults });
}

/** A default names only certificates that are declared on its own address. */
function withoutDangling(model: Model): Model {
  const defaults = model.defaults.map((slot) => {
    const among = slot.among.filter((name) =>
      model.certificates.some((each) => each.name === name && isAt(each.place, slot.place)),
    );
    return { ...slot, among };
  });
  return { ...model, defaults: defaults.filter(({ among }) => among.length > 0) };
}
