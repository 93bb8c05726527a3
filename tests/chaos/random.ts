/** Decisions that come again with the same seed. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** What neighbouring seeds begin with is alike: they are spread, and the first numbers thrown away. */
const SPREAD = 0x9e3779b1;
const WARM_UP = 32;

export class Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(Math.imul(seed, SPREAD));
    for (let thrown = 0; thrown < WARM_UP; thrown += 1) this.#generator.next();
  }

  /** Both ends are possible. */
  between(least: number, most: number): number {
    return uniformInt(this.#generator, least, most);
  }

  chance(percent: number): boolean {
    return this.between(1, 100) <= percent;
  }

  pick<T>(list: readonly T[]): T {
    const picked = this.pickAny(list);
    if (picked === undefined) throw new RangeError("nothing to pick from");
    return picked;
  }

  /** Undefined where there is nothing to pick from. */
  pickAny<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.between(0, list.length - 1)];
  }

  /** So many times what `make` makes. */
  several<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: this.between(least, most) }, make);
  }
}
