// A small reader of ASN.1 (DER, and BER with indefinite lengths and constructed strings, as Windows and Java write).

export interface Element {
  /** "universal" or "context" (other classes do not occur in what we read). */
  kind: "universal" | "context" | "other";
  tag: number;
  children: Element[];
  /** Content of a primitive element. */
  content: Buffer;
  /** The whole element, header included. */
  raw: Buffer;
}

export class DerError extends Error {
  override readonly name = "DerError";
}

const DEEPEST = 40;

/** The first element; what follows it is left alone. */
export function readElement(bytes: Buffer): Element {
  return readAt(bytes, 0, 0).element;
}

function readAt(bytes: Buffer, start: number, depth: number): { element: Element; end: number } {
  if (depth > DEEPEST) throw new DerError("nested too deeply");
  const first = bytes.at(start);
  const lengthByte = bytes.at(start + 1);
  if (start + 1 >= bytes.length || first === undefined || lengthByte === undefined) throw new DerError("ends early");
  const tag = first & 0x1f;
  if (tag === 0x1f) throw new DerError("has a long tag");
  const kind = ({ 0: "universal", 2: "context" } as const)[first >> 6] ?? "other";
  const constructed = (first & 0x20) !== 0;
  if (lengthByte === 0x80) {
    if (!constructed) throw new DerError("has a primitive of no length");
    const { children, end } = readChildren(bytes, start + 2, undefined, depth);
    return { element: { kind, tag, children, content: Buffer.alloc(0), raw: bytes.subarray(start, end) }, end };
  }
  const { length, at } = readLength(bytes, start + 1, lengthByte);
  const end = at + length;
  if (end > bytes.length) throw new DerError("ends early");
  const children = constructed ? readChildren(bytes, at, end, depth).children : [];
  const content = constructed ? Buffer.alloc(0) : bytes.subarray(at, end);
  return { element: { kind, tag, children, content, raw: bytes.subarray(start, end) }, end };
}

function readLength(bytes: Buffer, start: number, lengthByte: number): { length: number; at: number } {
  if (lengthByte < 0x80) return { length: lengthByte, at: start + 1 };
  const size = lengthByte & 0x7f;
  if (size > 4 || start + 1 + size > bytes.length) throw new DerError("has a bad length");
  return { length: bytes.readUIntBE(start + 1, size), at: start + 1 + size };
}

/** Up to `stop`, or, for an indefinite length, up to the end-of-contents mark. */
function readChildren(bytes: Buffer, start: number, stop: number | undefined, depth: number) {
  const children: Element[] = [];
  let at = start;
  while (stop === undefined || at < stop) {
    if (stop === undefined && bytes[at] === 0 && bytes[at + 1] === 0) return { children, end: at + 2 };
    const { element, end } = readAt(bytes, at, depth + 1);
    if (stop !== undefined && end > stop) throw new DerError("has a child longer than itself");
    children.push(element);
    at = end;
  }
  return { children, end: at };
}

export function child(element: Element, index: number): Element {
  const found = element.children[index];
  if (found === undefined) throw new DerError("lacks an element");
  return found;
}

export function contextChild(element: Element, tag: number): Element | undefined {
  return element.children.find((each) => each.kind === "context" && each.tag === tag);
}

/** The bytes of a string, joined if it came in pieces. */
export function octets(element: Element): Buffer {
  return element.children.length > 0 ? Buffer.concat(element.children.map(octets)) : element.content;
}

export function integer(element: Element): number {
  if (element.tag !== 2 || element.content.length < 1 || element.content.length > 5)
    throw new DerError("lacks a number");
  return element.content.readIntBE(0, element.content.length);
}

export function oid(element: Element): string {
  if (element.kind !== "universal" || element.tag !== 6) throw new DerError("lacks an object identifier");
  const numbers: number[] = [];
  let number = 0;
  for (const byte of element.content) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join(".");
}
