/** What must be true in the end: everything declared is there, and signs. */
import type { KeyRing } from "./keyRing";
import type { Ledger } from "./ledger";
import type { CertificateSlot, DefaultSlot, Model } from "./model";

/** Returns what is missing. */
export async function missing(model: Model, ledger: Ledger, keys: KeyRing): Promise<string[]> {
  const problems: string[] = [];
  for (const slot of model.certificates) {
    const { fingerprint } = await keys.of(slot.place, slot.key);
    if (!ledger.certificates(slot.place).some((entry) => entry.fingerprint === fingerprint))
      problems.push(`${slot.name} is declared and not there: ${fingerprint.slice(0, 8)} on ${slot.place.address}`);
  }
  for (const slot of model.defaults) {
    const wanted = await signingKey(slot, model, keys);
    const found = ledger.certificates(slot.place).find(({ isDefault }) => isDefault)?.fingerprint;
    if (found !== wanted) problems.push(`${slot.name} does not sign on ${slot.place.address}, but ${String(found)}`);
  }
  return problems;
}

/** The declared one, or of several the one that expires last. */
async function signingKey(slot: DefaultSlot, model: Model, keys: KeyRing): Promise<string | undefined> {
  const named = slot.among.flatMap((name) => model.certificates.filter((each) => each.name === name));
  const candidates = await Promise.all(named.map((each) => keys.of(each.place, each.key)));
  const [best] = candidates.sort((one, other) => other.notAfter.getTime() - one.notAfter.getTime());
  return best?.fingerprint;
}

/**
 * What only adopts is refused where somebody has deleted it by hand meanwhile, and says so: "Add pkcs12 or privateKey". A
 * person who has the key does that.
 */
export async function withKeysForGone(model: Model, ledger: Ledger, keys: KeyRing): Promise<Model> {
  const certificates = model.certificates.map(async (slot): Promise<CertificateSlot> => {
    const { fingerprint } = await keys.of(slot.place, slot.key);
    const isThere = ledger.certificates(slot.place).some((entry) => entry.fingerprint === fingerprint);
    return slot.form === "adopt" && !isThere ? { ...slot, form: "text" } : slot;
  });
  return { ...model, certificates: await Promise.all(certificates) };
}

/** The traces of secrets that are in these texts, shortened so that they betray none. */
export function leaksIn(texts: readonly string[], traces: readonly string[]): string[] {
  const found = traces.filter((trace) => trace.length > 5 && texts.some((text) => text.includes(trace)));
  return found.map((trace) => `${trace.slice(0, 4)}… (${trace.length} characters)`);
}
