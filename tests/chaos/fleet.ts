/**
 * The part of a random program that one SmimeFleet declares: of some addresses every certificate is a row, and the fleet
 * chooses what they sign with. To whoever judges the outcome, a row is a certificate as any other.
 */
import { isAt, type CertificateSlot, type Model, type Place } from "./model";
import type { KeyRing } from "./keyRing";
import { PASSWORD } from "../world";

/** So that rows and single resources are judged alike, what a row had before goes, however much that is. */
export const FLEET_SETTINGS = { previous: "delete", maxDeletes: 1000 } as const;
export const FLEET_NAME = "fleet";

const isIn = ({ fleet }: Model, place: Place): boolean => fleet.some((each) => isAt(each, place));

export const rowsOf = (model: Model): CertificateSlot[] => model.certificates.filter(({ place }) => isIn(model, place));

/** What is a resource of its own. */
export const singlesOf = (model: Model): Model => ({
  ...model,
  certificates: model.certificates.filter(({ place }) => !isIn(model, place)),
  defaults: model.defaults.filter(({ place }) => !isIn(model, place)),
});

/** In, or out again. */
export function moved(model: Model, place: Place): Model {
  const others = model.fleet.filter((each) => !isAt(each, place));
  return { ...model, fleet: others.length < model.fleet.length ? others : [...model.fleet, place] };
}

/** A row is only its file, once on its address; of its rows an address signs with the best. `name` names a new default. */
export function tidied(model: Model, name: () => string): Model {
  const certificates = model.certificates.flatMap((slot, index) => {
    if (!isIn(model, slot.place)) return slot;
    const isTwin =
      model.certificates.findIndex(({ place, key }) => isAt(place, slot.place) && key === slot.key) < index;
    return isTwin ? [] : { name: slot.name, place: slot.place, key: slot.key, form: "file" as const };
  });
  const defaults = model.fleet.flatMap((place) => {
    const among = certificates.filter((slot) => isAt(slot.place, place)).map((slot) => slot.name);
    const before = model.defaults.find((slot) => isAt(slot.place, place));
    return among.length === 0 ? [] : { name: before?.name ?? name(), place, among };
  });
  const singles = model.defaults.filter(({ place }) => !isIn(model, place));
  return { ...model, certificates, defaults: [...singles, ...defaults] };
}

/** The path of the CSV with these rows, beside their key files. The password stands in it: it must be nowhere else. */
export async function writeCsv(rows: readonly CertificateSlot[], keys: KeyRing): Promise<string> {
  const lines = rows.map(async ({ name, place, key }) => {
    const { path } = await keys.of(place, key);
    return [place.user, path, PASSWORD, place.address, name].join(",");
  });
  return keys.write("mailboxes.csv", ["user,path,password,sendAs,name", ...(await Promise.all(lines))].join("\n"));
}
