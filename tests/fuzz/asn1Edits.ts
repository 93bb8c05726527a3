/** Changes to ASN.1 that keep it well-formed, or lie about one element only, so that they reach what reads it deep inside. */
import * as fc from "fast-check";
import { readElement, type Element } from "../emulator/der";

export interface Edit {
  readonly how: (typeof HOW)[number];
  /** Which element, counted from 0 to 1 in the order of the file. */
  readonly at: number;
  readonly value: number;
}

const HOW = [
  "drop",
  "double",
  "swap",
  "tag",
  "flip",
  "empty",
  "fill",
  "wrap",
  "open",
  "pieces",
  "lie",
  "oid",
  "nest",
] as const;

export const edits = (most: number): fc.Arbitrary<Edit[]> =>
  fc.array(
    fc.record({
      how: fc.constantFrom(...HOW),
      at: fc.noBias(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      value: fc.nat(255),
    }),
    { maxLength: most },
  );

interface Node {
  tag: number;
  content: Buffer;
  children: Node[];
  form: "plain" | "open" | "lie";
}

/** The bytes again, with these changes; bytes that are no ASN.1 stay as they are. */
export function edited(bytes: Buffer, wanted: readonly Edit[]): Buffer {
  if (wanted.length === 0) return bytes;
  const root: Node = { tag: 0x30, content: Buffer.alloc(0), children: [nodeOf(readElement(bytes))], form: "plain" };
  for (const edit of wanted) apply(root, edit);
  return Buffer.concat(root.children.map(write));
}

function nodeOf({ raw, content, children }: Element): Node {
  return { tag: raw[0] ?? 0, content: Buffer.from(content), children: children.map(nodeOf), form: "plain" };
}

interface Place {
  readonly parent: Node;
  readonly index: number;
}

const placesIn = (parent: Node): Place[] =>
  parent.children.flatMap((child, index) => [{ parent, index }, ...placesIn(child)]);

const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x1e, 0x17, 0x30, 0x31, 0xa0, 0xa3, 0x80, 0x81, 0x24, 0x7f,
];
/** Of what a PKCS#12 file may name instead: data, encrypted and signed data, bags, ciphers, keys. */
const OIDS = [
  "2a864886f70d010701",
  "2a864886f70d010706",
  "2a864886f70d010702",
  "2a864886f70d010c0a0106",
  "2a864886f70d010c0103",
  "2a864886f70d010c0106",
  "2a864886f70d01050d",
  "2b06010401da470b04",
  "2a8648ce380401",
  "55040301",
  "ff".repeat(80),
];

function apply(root: Node, { how, at, value }: Edit): void {
  const places = placesIn(root);
  const place = places[Math.floor(at * places.length)];
  const node = place?.parent.children[place.index];
  if (place === undefined || node === undefined) return;
  const { parent, index } = place;
  const replace = (...nodes: Node[]): unknown => parent.children.splice(index, 1, ...nodes);
  switch (how) {
    case "drop":
      return void replace();
    case "double":
      return void replace(node, ...Array.from({ length: 1 + (value % 15) }, () => node));
    case "swap":
      return void parent.children.push(...parent.children.splice(index, 1));
    case "wrap":
      return void replace({
        tag: TAGS[value % TAGS.length] ?? 0x30,
        content: Buffer.alloc(0),
        children: [node],
        form: "plain",
      });
    case "nest":
      return void replace(Array.from({ length: value }).reduce<Node>(wrapped, node));
    default:
      replace(changed(node, how, value));
  }
}

const wrapped = (node: Node): Node => ({ tag: 0x30, content: Buffer.alloc(0), children: [node], form: "plain" });

function changed(node: Node, how: Edit["how"], value: number): Node {
  switch (how) {
    case "tag":
      return { ...node, tag: TAGS[value % TAGS.length] ?? 0x30 };
    case "empty":
      return { ...node, content: Buffer.alloc(0), children: [] };
    case "fill":
      return { ...node, content: Buffer.alloc(value, value), children: [] };
    case "oid":
      return { ...node, tag: 0x06, content: Buffer.from(OIDS[value % OIDS.length] ?? "", "hex"), children: [] };
    case "pieces": {
      const pieces = [node.content.subarray(0, value), node.content.subarray(value)];
      const children = pieces.map((content): Node => ({ tag: 0x04, content, children: [], form: "plain" }));
      return { ...node, tag: node.tag | 0x20, children: node.children.length > 0 ? node.children : children };
    }
    case "open":
    case "lie":
      return { ...node, form: how };
    default: {
      const content = Buffer.from(node.content);
      if (content.length > 0)
        content[value % content.length] = (content[value % content.length] ?? 0) ^ (1 << (value & 7));
      return { ...node, content };
    }
  }
}

function write({ tag, content, children, form }: Node): Buffer {
  const inner = (tag & 0x20) === 0 || children.length === 0 ? content : Buffer.concat(children.map(write));
  if (form === "open") return Buffer.concat([Buffer.from([tag, 0x80]), inner, Buffer.alloc(2)]);
  const size = inner.length + (form === "lie" ? 1 + (tag % 9) : 0);
  const length = size < 128 ? [size] : [0x84, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255];
  // a length of four bytes is no DER: the shortest form is what strict readers ask for
  while (length.length > 2 && length[1] === 0) length.splice(1, 1);
  if (size >= 128) length[0] = 0x80 | (length.length - 1);
  return Buffer.concat([Buffer.from([tag, ...length]), inner]);
}
