/** PKCS#12: files of several producers, and files of our own making with damage under their encryption and integrity check. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { readPkcs12 } from "../../provider/keys/pkcs12";
import { damaged, damages, type Damage } from "./bytes";
import { edited, edits, type Edit } from "./asn1Edits";
import { fixture, material, PASSWORD, PKCS12_FIXTURES } from "./material";
import { build, isWhole, wanted, type Wanted } from "./pkcs12Build";
import { allowing, telling, type Target } from "./target";

type Case =
  | {
      readonly from: "ours";
      readonly key: "ec" | "rsa";
      readonly wanted: Wanted;
      readonly password: string;
      readonly given?: string;
    }
  | { readonly from: "theirs"; readonly name: string; readonly edits: Edit[]; readonly damages: Damage[] }
  | { readonly from: "nothing"; readonly bytes: Uint8Array };

const passwords = fc.string({
  unit: fc.constantFrom("grapheme", "binary").chain((unit) => fc.string({ unit, minLength: 1, maxLength: 1 })),
  maxLength: 40,
});

const cases: fc.Arbitrary<Case> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        from: fc.constant("ours" as const),
        key: fc.constantFrom("ec" as const, "rsa" as const),
        wanted,
        password: passwords,
        given: passwords,
      },
      { requiredKeys: ["from", "key", "wanted", "password"] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      from: fc.constant("theirs" as const),
      name: fc.constantFrom(...PKCS12_FIXTURES),
      edits: edits(3),
      damages: damages(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ from: fc.constant("nothing" as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
  },
);

export const pkcs12: Target<Case> = {
  name: "pkcs12",
  about: "damaged and misused PKCS#12 files, under passwords of any Unicode",
  async open() {
    const [ec, rsa] = await Promise.all([material("openssl-ec.p12"), material("openssl-default.p12")]);
    const traces = [...ec.traces, ...rsa.traces];
    const files = new Map(PKCS12_FIXTURES.map((name) => [name as string, fixture(name)]));
    return {
      cases,
      async run(value) {
        if (value.from === "nothing")
          return (await allowing([], () => readPkcs12(value.bytes, PASSWORD))) !== undefined;
        if (value.from === "theirs") {
          const bytes = damaged(edited(files.get(value.name) ?? Buffer.alloc(0), value.edits), value.damages);
          return (await allowing(traces, () => readPkcs12(bytes, PASSWORD))) !== undefined;
        }
        const { password, given = password } = value;
        const bytes = build(value.wanted, value.key === "ec" ? ec : rsa, password);
        const opened = await allowing([...traces, ...telling([given])], () => readPkcs12(bytes, given));
        if (isWhole(value.wanted) && given === password) {
          assert.ok(opened, "a whole file is opened");
          assert.deepEqual(opened.leaf.raw, (value.key === "ec" ? ec : rsa).leaf);
        }
        return opened !== undefined;
      },
    };
  },
};
