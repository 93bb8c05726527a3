// The Atom entry that carries the domain's public key, in and out.
import { escapeXml } from "./answer";

const ATOM = "http://www.w3.org/2005/Atom";
const APPS = "http://schemas.google.com/apps/2006";

/** The value of the entry's publicKey property; undefined when the text is no such entry. */
export async function readPublicKeyEntry(text: string): Promise<string | undefined> {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) return undefined;
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  if (XMLValidator.validate(text) !== true) return undefined;
  const parsed: unknown = new XMLParser({
    ignoreAttributes: false,
    preserveOrder: true,
    parseAttributeValue: false,
  }).parse(text);
  const [root, second] = elements(parsed).filter((each) => !each.name.startsWith("?"));
  if (root === undefined || second !== undefined || !isNamed(root, "entry", ATOM, [root])) return undefined;
  const properties = elements(root.children).filter((each) => isNamed(each, "property", APPS, [each, root]));
  const values = properties.filter((each) => each.attributes["name"] === "publicKey");
  return values.length === 1 ? values[0]?.attributes["value"] : undefined;
}

interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: unknown;
}

/** fast-xml-parser's ordered form: [{ tagName: children, ":@": { "@_attribute": value } }]. */
function elements(nodes: unknown): XmlElement[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown) => {
    if (typeof node !== "object" || node === null) return [];
    const entry = Object.entries(node).find(([key]) => key !== ":@" && key !== "#text");
    if (entry === undefined) return [];
    const raw: unknown = ":@" in node ? node[":@"] : {};
    const attributes = Object.entries(raw ?? {}).map(
      ([key, value]) => [key.replace(/^@_/, ""), String(value)] as const,
    );
    return [{ name: entry[0], children: entry[1] as unknown, attributes: Object.fromEntries(attributes) }];
  });
}

/** Local name and namespace, whatever the prefix; `scope` is the element and its ancestors, innermost first. */
function isNamed(element: XmlElement, local: string, namespace: string, scope: readonly XmlElement[]): boolean {
  const [prefix, name] = element.name.includes(":") ? element.name.split(":") : ["", element.name];
  if (name !== local) return false;
  const declaration = prefix === "" ? "xmlns" : `xmlns:${prefix ?? ""}`;
  return scope.map((each) => each.attributes[declaration]).find((uri) => uri !== undefined) === namespace;
}

/** As Google documents it: an unprefixed root. Its sample's unclosed id element is taken for a slip of the page. */
export function writePublicKeyEntry(domain: string, id: string, base64: string, updated: string): string {
  const href = escapeXml(`https://apps-apis.google.com/a/feeds/compliance/audit/publickey/${domain}/${id}`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<entry xmlns:atom='${ATOM}' xmlns:apps='${APPS}'>`,
    `<id>${href}</id>`,
    `<updated>${updated}</updated>`,
    `<link rel='self' type='application/atom+xml' href='${href}'/>`,
    `<link rel='edit' type='application/atom+xml' href='${href}'/>`,
    `<apps:property name='publicKey' value='${escapeXml(base64)}'/>`,
    "</entry>",
    "",
  ].join("\n");
}
