/**
 * HTML that is escaped unless it was built here: what a page shows of others (a certificate's subject, an address) is hostile
 * text. Use it as a tag: markup`<p>${text}</p>`.
 */
import { printable } from "../../provider/mailKeyError";
import { UNSEEN } from "../markdown";

export class Markup {
  constructor(readonly text: string) {}
}

type Part = string | number | Markup | readonly Markup[] | undefined;

/** Attribute values too, where they stand in quotes. */
export function markup(texts: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(texts.map((text, index) => text + written(parts[index])).join(""));
}

function written(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  return typeof part === "object" ? part.map(({ text }) => text).join("") : escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string => plain(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");

/** Signs that show nothing or turn the text around them are shown by their number: they are only ever there to deceive. */
export const plain = (text: string): string =>
  printable(text).replace(UNSEEN, (sign) => `[U+${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
