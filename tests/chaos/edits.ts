/** What a person changes in a program from one run to the next. */
import { moved, tidied } from "./fleet";
import { changed, EMPTY, isAt, namesOf, without, type Form, type Model, type Place } from "./model";
import type { Random } from "./random";

/** The first numbers are for programs, those from here on for what administrators upload by hand. */
export const FOREIGN_KEYS = 100;
const AUDIT_KEYS = 2;
const MOST_ON_ONE_ADDRESS = 3;
const FORMS: readonly Form[] = ["text", "file", "pem"];

interface Options {
  readonly places: readonly Place[];
  /** Whether what runs the program knows aliases. */
  readonly hasAliases: boolean;
  readonly hasPem: boolean;
}

export class Editor {
  #names = 0;
  readonly places: readonly Place[];
  readonly #forms: readonly Form[];
  readonly #keys = new Map<string, number>();
  /** What somebody uploaded by hand so far: declared, it is adopted. */
  readonly foreign: { place: Place; key: number }[] = [];

  constructor(
    private readonly random: Random,
    private readonly options: Options,
  ) {
    this.places = options.places;
    this.#forms = options.hasPem ? FORMS : FORMS.filter((form) => form !== "pem");
  }

  first(): Model {
    let model: Model = { ...EMPTY, fleet: this.places.filter(() => this.random.chance(25)) };
    for (const place of this.places) {
      for (let number = this.random.between(0, 2); number > 0; number -= 1) model = this.#addCertificate(model, place);
      if (this.random.chance(80)) model = this.#chooseDefault(model, place);
    }
    if (model.certificates.length === 0) model = this.#addCertificate(model, this.random.pick(this.places));
    return this.#tidied(this.random.chance(30) ? { ...model, audit: 0 } : model);
  }

  #tidied(model: Model): Model {
    return tidied(model, () => this.#name("signs"));
  }

  next(model: Model): Model {
    const edit = this.random.pick([
      () => this.#rotate(model),
      () => this.#rotate(model),
      () => this.#rename(model),
      () => this.#renameDefault(model),
      () => this.#remove(model),
      () => this.#remove(model),
      () => this.#addCertificate(model, this.random.pick(this.places)),
      () => this.#change(model),
      () => this.#chooseDefault(model, this.random.pick(this.places)),
      () => this.#adopt(model),
      () => this.#move(model),
      () => this.#twin(model),
      () => this.#auditKey(model),
      () => moved(model, this.random.pick(this.places)),
      () => moved(model, this.random.pick(this.places)),
    ]);
    return this.#tidied(edit());
  }

  newForeignKey(place: Place): number {
    const key = FOREIGN_KEYS + this.foreign.length;
    this.foreign.push({ place, key });
    return key;
  }

  #name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${String(this.#names)}`;
  }

  /** A new one or, as after a change of mind, one from before. */
  #key({ user }: Place): number {
    const known = this.#keys.get(user) ?? 0;
    if (known > 0 && this.random.chance(25)) return this.random.between(0, known - 1);
    this.#keys.set(user, known + 1);
    return known;
  }

  #onDelete(): { onDelete?: "delete" | "retain" } {
    if (this.random.chance(70)) return {};
    return { onDelete: this.random.pick(["delete", "retain"]) };
  }

  #addCertificate(model: Model, place: Place, key = this.#key(place), form = this.random.pick(this.#forms)): Model {
    const there = model.certificates.filter((slot) => isAt(slot.place, place));
    if (there.length >= MOST_ON_ONE_ADDRESS || there.some((slot) => slot.key === key)) return model;
    const slot = { name: this.#name("key"), place, key, form, ...this.#onDelete() };
    return { ...model, certificates: [...model.certificates, slot] };
  }

  #rotate(model: Model): Model {
    const slot = this.random.pickAny(model.certificates);
    if (!slot) return model;
    const key = this.#key(slot.place);
    const isThere = model.certificates.some((each) => isAt(each.place, slot.place) && each.key === key);
    return isThere ? model : changed(model, slot.name, { key, form: this.random.pick(this.#forms) });
  }

  #rename(model: Model): Model {
    const slot = this.random.pickAny(model.certificates);
    if (!slot) return model;
    return changed(model, slot.name, { name: this.#name("key"), ...this.#alias(slot.name) });
  }

  #renameDefault(model: Model): Model {
    const slot = this.random.pickAny(model.defaults);
    if (!slot) return model;
    const renamed = { ...slot, name: this.#name("signs"), ...this.#alias(slot.name) };
    return { ...model, defaults: model.defaults.map((each) => (each === slot ? renamed : each)) };
  }

  #alias(name: string): { alias?: string } {
    return this.options.hasAliases && this.random.chance(50) ? { alias: name } : {};
  }

  #remove(model: Model): Model {
    const name = this.random.pickAny(namesOf(model));
    return name === undefined ? model : without(model, name);
  }

  /** Another way to hand in the same key, or another wish for its end. */
  #change(model: Model): Model {
    const slot = this.random.pickAny(model.certificates);
    if (!slot) return model;
    if (this.random.chance(50)) return changed(model, slot.name, { form: this.random.pick(this.#forms) });
    const { onDelete: _before, ...rest } = slot;
    const certificates = model.certificates.map((each) => (each === slot ? { ...rest, ...this.#onDelete() } : each));
    return { ...model, certificates };
  }

  #chooseDefault(model: Model, place: Place): Model {
    const names = model.certificates.filter((slot) => isAt(slot.place, place)).map(({ name }) => name);
    if (names.length === 0) return model;
    const among = names.length > 1 && this.random.chance(30) ? names : [this.random.pick(names)];
    const before = model.defaults.find((slot) => isAt(slot.place, place));
    const onDelete = this.random.chance(80) ? {} : { onDelete: this.random.pick(["restore", "retain"] as const) };
    const slot = { name: before?.name ?? this.#name("signs"), place, among, ...onDelete };
    return { ...model, defaults: [...model.defaults.filter((each) => each !== before), slot] };
  }

  #adopt(model: Model): Model {
    const found = this.random.pickAny(this.foreign);
    if (!found) return model;
    return this.#addCertificate(model, found.place, found.key, this.random.pick(["adopt", "text"]));
  }

  /** To another address of the same mailbox: its certificates name them all. */
  #move(model: Model): Model {
    const slot = this.random.pickAny(model.certificates.filter(({ form }) => form !== "adopt"));
    const place = this.random.pickAny(this.places.filter(({ user }) => user === slot?.place.user));
    if (!slot || !place) return model;
    const isThere = model.certificates.some((each) => isAt(each.place, place) && each.key === slot.key);
    return isThere ? model : changed(model, slot.name, { place });
  }

  /** A second resource for the same certificate. */
  #twin(model: Model): Model {
    const slot = this.random.pickAny(model.certificates);
    if (!slot || !this.random.chance(50)) return model;
    const { alias: _alias, ...same } = slot;
    return { ...model, certificates: [...model.certificates, { ...same, name: this.#name("twin") }] };
  }

  #auditKey(model: Model): Model {
    const { audit: _before, ...rest } = model;
    return this.random.chance(30) ? rest : { ...rest, audit: this.random.between(0, AUDIT_KEYS - 1) };
  }
}
