/** OpenPGP: keys of GnuPG with damaged packets and damaged armor, and packets that belong in no key. */
import * as fc from "fast-check";
import { packetsSha256, readPublicKey } from "../../provider/keys/openpgp";
import { armor, packet } from "../pgpPackets";
import { damaged, damagedText, damages, type Damage } from "./bytes";
import { fixture, NOW, PGP_FIXTURES } from "./material";
import { allowing, type Target } from "./target";

interface Change {
  readonly how: "drop" | "double" | "move" | "tag" | "damage" | "insert" | "short" | "partial";
  readonly at: number;
  readonly tag: number;
  readonly damages: Damage[];
  readonly content: Uint8Array;
}

interface Case {
  readonly name: string;
  readonly changes: Change[];
  readonly label?: string;
  readonly armor: Damage[];
  readonly around: readonly [string, string];
}

const change: fc.Arbitrary<Change> = fc.record({
  how: fc.constantFrom("drop", "double", "move", "tag", "damage", "damage", "damage", "insert", "short", "partial"),
  at: fc.noBias(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
  tag: fc.nat(63),
  damages: damages(3),
  content: fc.uint8Array({ maxLength: 60 }),
});

const cases: fc.Arbitrary<Case> = fc.record(
  {
    name: fc.constantFrom(...PGP_FIXTURES.filter((name) => name !== "google-sample.asc")),
    changes: fc.array(change, { maxLength: 3 }),
    label: fc.oneof(
      { weight: 9, arbitrary: fc.constant("PUBLIC KEY BLOCK") },
      fc.constantFrom("PRIVATE KEY BLOCK", "MESSAGE", "SIGNATURE", "-----"),
    ),
    armor: fc.oneof({ weight: 6, arbitrary: fc.constant<Damage[]>([]) }, damages(3)),
    around: fc.oneof(
      { weight: 5, arbitrary: fc.constant(["", ""] as const) },
      fc.tuple(fc.string({ maxLength: 20 }), fc.string({ unit: "grapheme", maxLength: 20 })),
    ),
  },
  { requiredKeys: ["name", "changes", "armor", "around"] },
);

interface Packet {
  readonly tag: number;
  readonly content: Buffer;
  /** As it is written, where that is not the usual way. */
  readonly raw?: Buffer;
}

/** Of a key of GnuPG: old headers with lengths of one to four bytes. */
function packetsOf(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = bytes[at] ?? 0;
    const size = 1 << (header & 3);
    const length = bytes.readUIntBE(at + 1, size);
    const start = at + 1 + size;
    packets.push({ tag: (header >> 2) & 15, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return packets;
}

const write = ({ tag, content, raw }: Packet): Buffer => raw ?? packet(tag, content);

/** As pieces of a power of two, the last of any length: only data packets may be written so. */
function inPieces({ tag, content }: Packet): Buffer {
  const first = Math.max(1, 1 << Math.floor(Math.log2(content.length || 1)));
  const rest = content.subarray(first);
  return Buffer.concat([
    Buffer.from([0xc0 | (tag & 63), 224 + Math.log2(first)]),
    content.subarray(0, first),
    Buffer.from([0xff, 0, 0, rest.length >> 8, rest.length & 255]),
    rest,
  ]);
}

function apply(packets: Packet[], { how, at, tag, damages: done, content }: Change): Packet[] {
  const index = Math.floor(at * packets.length);
  const one = packets[index];
  if (one === undefined) return packets;
  const others = packets.filter((_, place) => place !== index);
  const replaced = (next: Packet): Packet[] => packets.map((each, place) => (place === index ? next : each));
  switch (how) {
    case "drop":
      return others;
    case "double":
      return [...packets, ...Array.from({ length: 1 + tag }, () => one)];
    case "move":
      return [one, ...others];
    case "tag":
      return replaced({ ...one, tag });
    case "damage":
      return replaced({ ...one, content: damaged(one.content, done) });
    case "insert":
      return [...packets.slice(0, index), { tag, content: Buffer.from(content) }, ...packets.slice(index)];
    case "short":
      return replaced({ ...one, raw: packet(one.tag, one.content).subarray(0, 6 + (tag % 20)) });
    case "partial":
      return replaced({ ...one, raw: inPieces({ ...one, tag: tag % 2 === 0 ? one.tag : tag }) });
  }
}

export const openpgp: Target<Case> = {
  name: "openpgp",
  about: "damaged OpenPGP packets and armor",
  open() {
    const keys = new Map<string, Buffer>(
      PGP_FIXTURES.map((name) => {
        const body = /\n\r?\n([^=-]*)/.exec(fixture(name).toString("latin1"))?.[1] ?? "";
        return [name, Buffer.from(body.replace(/\s/g, ""), "base64")];
      }),
    );
    return Promise.resolve({
      cases,
      async run({ name, changes, label, armor: done, around: [before, after] }) {
        const packets = changes.reduce(apply, packetsOf(keys.get(name) ?? Buffer.alloc(0)));
        const written = armor(Buffer.concat(packets.map(write)), label);
        const text = before + damagedText(written, done) + after;
        await allowing([], () => packetsSha256(text));
        return (await allowing([], () => readPublicKey(text, NOW))) !== undefined;
      },
    });
  },
};
