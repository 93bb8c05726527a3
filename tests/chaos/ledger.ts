/**
 * Every copy of a certificate that the emulator ever held, who put it there and who took it away, followed from request
 * to request; and what must never happen on the way.
 */
import type { Emulator, StateCertificate } from "../emulator";
import type { KeyRing } from "./keyRing";
import { isAt, type CertificateSlot, type Model, type Place } from "./model";
import type { Verb } from "./scenario";

interface Copy {
  readonly place: Place;
  readonly fingerprint: string;
  readonly isByHand: boolean;
  /** Of an operation that was killed or failed: nobody may know that this copy is ours. */
  isDoubtful: boolean;
  isOfThisPhase: boolean;
}

/** What runs, and what the state may hold of the programs before it. */
export interface Phase {
  readonly verb: Verb;
  readonly model: Model;
  /** The last program that came through, each that was tried since, and this one. */
  readonly possible: readonly Model[];
}

export class Ledger {
  readonly duplicates: string[] = [];
  readonly losses: string[] = [];
  /** Whatever else must not be. */
  readonly broken: string[] = [];
  /** All that came and went, for whoever looks into a failure. */
  readonly journal: string[] = [];
  readonly #copies = new Map<string, Copy>();
  /** Ids of what the provider said that it leaves. */
  readonly #left = new Set<string>();
  /** Addresses that had a default when it was last looked, and since when nobody changed things there by hand. */
  readonly #signing = new Set<string>();
  #phase: Phase | undefined;
  #fingerprints = new Map<CertificateSlot, string>();

  constructor(
    private readonly emulator: Emulator,
    private readonly places: readonly Place[],
    private readonly keys: KeyRing,
  ) {}

  async begin(phase: Phase): Promise<void> {
    this.observe();
    const slots = phase.possible.flatMap(({ certificates }) => certificates);
    const entries = slots.map(async (slot) => [slot, (await this.keys.of(slot.place, slot.key)).fingerprint] as const);
    this.#fingerprints = new Map(await Promise.all(entries));
    this.#phase = phase;
  }

  /** What runs is over. `clean`: it came through whole; `texts`: what it said. */
  end(clean: boolean, texts: readonly string[]): void {
    this.observe();
    for (const copy of this.#copies.values()) if (!clean && copy.isOfThisPhase) copy.isDoubtful = true;
    for (const copy of this.#copies.values()) copy.isOfThisPhase = false;
    for (const text of texts)
      for (const [, id = ""] of text.matchAll(/certificate (\S+) \(expires [^)]*\) is left in Gmail/g))
        this.#left.add(id);
  }

  /** What the provider surely put there, no program declares and nobody was told of: it should have been deleted. */
  forgotten(model: Model): string[] {
    const ours = [...this.#copies].filter(([id, copy]) => !copy.isByHand && !copy.isDoubtful && !this.#left.has(id));
    return ours.flatMap(([, copy]) =>
      this.#slotsOf(copy, [model]).length > 0 ? [] : `left behind without a word: ${this.#where(copy)}`,
    );
  }

  /** Looks at what has changed since the last look. */
  observe(): void {
    this.#look(false);
  }

  /** A change that is an administrator's, not the provider's. */
  byHand(place: Place, change: () => void): void {
    this.observe();
    change();
    this.#signing.delete(place.address);
    this.#look(true);
  }

  async byHandSoon(place: Place, change: () => Promise<unknown>): Promise<void> {
    this.observe();
    await change();
    this.#signing.delete(place.address);
    this.#look(true);
  }

  certificates(place: Place): StateCertificate[] {
    return this.emulator.state().users[place.user]?.sendAs[place.address]?.smimeInfo ?? [];
  }

  #look(isByHand: boolean): void {
    for (const place of this.places) {
      const entries = this.certificates(place);
      for (const { id, fingerprint } of entries)
        if (!this.#copies.has(id))
          this.#added(id, { place, fingerprint, isByHand, isDoubtful: false, isOfThisPhase: true });
      for (const [id, copy] of this.#copies) {
        if (!isAt(copy.place, place) || entries.some((entry) => entry.id === id)) continue;
        this.#copies.delete(id);
        this.journal.push(`- ${id} ${this.#where(copy)}${isByHand ? " by hand" : ""}`);
        if (!isByHand) this.#removed(copy);
      }
      this.#lookAtDefault(place, entries);
    }
  }

  #added(id: string, copy: Copy): void {
    const before = this.#copiesLike(copy);
    this.#copies.set(id, copy);
    this.journal.push(`+ ${id} ${this.#where(copy)}${copy.isByHand ? " by hand" : ""}`);
    if (copy.isByHand) return;
    const where = this.#where(copy);
    if (before.length > 0) this.duplicates.push(`inserted though it was there: ${where}`);
    if (!this.#isUp()) this.broken.push(`an insert during ${String(this.#phase?.verb)}: ${where}`);
  }

  #removed(copy: Copy): void {
    const where = this.#where(copy);
    const verb = String(this.#phase?.verb);
    if (verb === "preview" || verb === "refresh") this.broken.push(`a delete during ${verb}: ${where}`);
    const wishes = this.#slotsOf(copy, this.#phase?.possible ?? []).map(({ onDelete }) => onDelete);
    if (copy.isByHand && !wishes.includes("delete")) this.losses.push(`deleted, though not ours: ${where}`);
    if (wishes.length > 0 && wishes.every((wish) => wish === "retain"))
      this.losses.push(`deleted, though to be retained: ${where}`);
    const { model } = this.#phase ?? {};
    if (!model || !this.#isUp() || this.#copiesLike(copy).length > 0) return;
    if (this.#slotsOf(copy, [model]).length > 0) this.losses.push(`deleted, though declared: ${where}`);
  }

  /** Of an address that declares its default, and did so before. */
  #lookAtDefault(place: Place, entries: readonly StateCertificate[]): void {
    const has = entries.some(({ isDefault }) => isDefault);
    const declared = (this.#phase?.possible ?? []).every(({ defaults }) =>
      defaults.some((slot) => isAt(slot.place, place)),
    );
    if (!has && this.#signing.has(place.address) && this.#isUp() && declared)
      this.losses.push(`an instant without a default: ${place.address}`);
    if (has) this.#signing.add(place.address);
    else this.#signing.delete(place.address);
  }

  #isUp(): boolean {
    return this.#phase?.verb === "up" || this.#phase?.verb === "replace";
  }

  #copiesLike({ place, fingerprint }: Copy): Copy[] {
    return [...this.#copies.values()].filter((other) => other.fingerprint === fingerprint && isAt(other.place, place));
  }

  #slotsOf({ place, fingerprint }: Copy, models: readonly Model[]): CertificateSlot[] {
    const slots = models.flatMap(({ certificates }) => certificates);
    return slots.filter((slot) => isAt(slot.place, place) && this.#fingerprints.get(slot) === fingerprint);
  }

  #where({ place, fingerprint }: Copy): string {
    return `${fingerprint.slice(0, 8)} on ${place.address} (${String(this.#phase?.verb)})`;
  }
}
