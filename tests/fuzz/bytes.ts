/** Damage to bytes whose structure does not matter: flipped, cut, doubled, moved. */
import * as fc from "fast-check";

export interface Damage {
  readonly how: "flip" | "set" | "drop" | "double" | "insert" | "cut";
  /** Places count from 0 to 1, so that they mean the same in files of any length. */
  readonly at: number;
  readonly length: number;
  readonly value: number;
}

const place = fc.noBias(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));

export const damages = (most: number): fc.Arbitrary<Damage[]> =>
  fc.array(
    fc.record({
      how: fc.constantFrom("flip", "flip", "flip", "set", "drop", "double", "insert", "cut"),
      at: place,
      length: fc.integer({ min: 1, max: 40 }),
      value: fc.nat(255),
    }),
    { maxLength: most },
  );

export const damaged = (bytes: Buffer, done: readonly Damage[]): Buffer => done.reduce(damage, bytes);

function damage(bytes: Buffer, { how, at, length, value }: Damage): Buffer {
  const start = Math.floor(at * bytes.length);
  const part = bytes.subarray(start, start + length);
  const [before, after] = [bytes.subarray(0, start), bytes.subarray(start + length)];
  switch (how) {
    case "flip":
    case "set": {
      const changed = Buffer.from(bytes);
      if (start < bytes.length) changed[start] = how === "set" ? value : (bytes[start] ?? 0) ^ (1 << (value & 7));
      return changed;
    }
    case "drop":
      return Buffer.concat([before, after]);
    case "double":
      return Buffer.concat([before, part, part, after]);
    case "insert":
      return Buffer.concat([before, Buffer.alloc(length, value), bytes.subarray(start)]);
    case "cut":
      return value < 64 ? before : bytes;
  }
}

/** As one string per byte, so that text and bytes are damaged alike. */
export const damagedText = (text: string, done: readonly Damage[]): string =>
  damaged(Buffer.from(text, "latin1"), done).toString("latin1");
