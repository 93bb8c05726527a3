/** Property values as the engine may send them: any JSON, with unknowns, secrets and assets anywhere in it. */
import * as fc from "fast-check";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const asset = (texts: fc.Arbitrary<string>): fc.Arbitrary<unknown> =>
  fc
    .record(
      {
        path: fc.constantFrom("/nonexistent", "/", "/dev/null", "/dev/zero", "\0", "package.json"),
        text: texts,
        uri: fc.webUrl(),
        hash: fc.oneof(fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), maxLength: 64 }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .map((parts) => ({ [SIGNATURE]: ASSET, ...parts }));

/** Names that objects have already, and the engine's own. */
export const strangeNames = fc.constantFrom(
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "__provider",
  "id",
  "",
  SIGNATURE,
);

/** `unknown`: what stands for a value that is not known yet; null where there can be none, as in a state. */
export function anyValue(texts: fc.Arbitrary<string>, unknown: string | null = UNKNOWN): fc.Arbitrary<unknown> {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 5, arbitrary: texts },
      {
        weight: 1,
        arbitrary: fc.oneof(
          fc.constant(unknown),
          fc.constant(null),
          fc.boolean(),
          fc.double({ noNaN: true }),
          fc.integer(),
        ),
      },
      { weight: 1, arbitrary: asset(texts) },
      { weight: 1, arbitrary: tie("value").map((value) => ({ [SIGNATURE]: SECRET, value })) },
      { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 3 }) },
      {
        weight: 1,
        arbitrary: fc.dictionary(fc.oneof(fc.string({ maxLength: 6 }), strangeNames), tie("value"), { maxKeys: 3 }),
      },
    ),
  }));
  return value;
}

/** Values by these names, some of them missing, and some that nobody asked for. */
export const properties = (
  values: Readonly<Record<string, fc.Arbitrary<unknown>>>,
  others: fc.Arbitrary<unknown>,
): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .tuple(
      fc.record(values, { requiredKeys: [] }),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.dictionary(strangeNames, others, { maxKeys: 2 }) },
      ),
    )
    .map(([known, strange]) => Object.assign(Object.create(null) as Record<string, unknown>, known, strange))
    .map((both) => JSON.parse(JSON.stringify(both)) as Record<string, unknown>);
