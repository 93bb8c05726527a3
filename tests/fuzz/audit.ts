/** Answers of the audit API: its Atom entries and errors with anything changed, bombs, and what is no XML at all. */
import * as fc from "fast-check";
import { AnswerServer, answersOf, type Answer } from "./answerServer";
import { damagedText, damages } from "./bytes";
import { anything, googleError, html, SECRET, TOKEN, words } from "./gmail";
import { machineWith } from "./machine";
import { allowing, harmless, type Target } from "./target";

interface Case {
  readonly answers: readonly Answer[];
}

const escaped = (text: string): string =>
  text.replace(/[<>&'"]/g, (character) => `&#${String(character.charCodeAt(0))};`);
const value = fc.oneof(
  words,
  words.map(escaped),
  anything.map((one) => JSON.stringify(one)),
);

const entry = fc
  .tuple(value, value, value, fc.constantFrom("", "atom:"))
  .map(
    ([id, updated, key, prefix]) =>
      `<${prefix}entry xmlns:atom='http://www.w3.org/2005/Atom'><${prefix}id>https://${id}</${prefix}id>` +
      `<${prefix}updated>${updated}</${prefix}updated><apps:property name='publicKey' value='${key}'/></${prefix}entry>`,
  );

const failure = fc
  .tuple(fc.oneof(fc.constantFrom("1411", "1409", "1000", "1203"), value), value, fc.integer({ min: 1, max: 3 }))
  .map(([code, reason, count]) => {
    const one = `<error errorCode="${code}" invalidInput="x" reason="${reason}"/>`;
    return `<?xml version="1.0"?><AppsForYourDomainErrors>${one.repeat(count)}</AppsForYourDomainErrors>`;
  });

const NAMES = [
  "entry",
  "id",
  "updated",
  "error",
  "AppsForYourDomainErrors",
  "__proto__",
  "constructor",
  "a:b",
  "toString",
] as const;

/** Elements in elements, deep and wide. */
const tree = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom("open", "close", "both", "text"), words), {
    maxLength: 60,
  })
  .map((parts) =>
    parts
      .map(([name, how, text]) =>
        how === "text" ? text : how === "both" ? `<${name} a="${text}"/>` : how === "open" ? `<${name}>` : `</${name}>`,
      )
      .join(""),
  );

const bomb = fc.constantFrom(
  '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><entry><id>&c;</id></entry>',
  '<!DOCTYPE a SYSTEM "file:///etc/passwd"><entry/>',
  `<entry>${"<id>".repeat(1000)}`,
  `<entry>${"&amp;".repeat(12_000)}</entry>`,
  `<entry ${Array.from({ length: 5000 }, (_, index) => `a${String(index)}="b"`).join(" ")}/>`,
  `<entry><id>${"&#x10ffff;&#1114112;&#0;&#xd800;"}</id></entry>`,
  `<!-- ${"-".repeat(60_000)}`,
  `<![CDATA[${"]".repeat(60_000)}`,
  `<?${"x".repeat(60_000)}`,
  "<".repeat(64_000),
);

const xml = fc.oneof(
  { weight: 3, arbitrary: entry },
  { weight: 3, arbitrary: failure },
  { weight: 2, arbitrary: tree },
  { weight: 1, arbitrary: bomb },
);
const bodies = fc.oneof(
  { weight: 4, arbitrary: xml },
  { weight: 2, arbitrary: fc.tuple(xml, damages(4)).map(([text, done]) => damagedText(text, done)) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      html,
      words,
      googleError.map((one) => JSON.stringify(one)),
    ),
  },
);

export const audit: Target<Case> = {
  name: "audit",
  about: "Atom entries and errors of the audit API",
  async open() {
    const server = new AnswerServer();
    const endpoint = await server.listen();
    return {
      cases: fc.record({ answers: fc.array(answersOf(bodies), { minLength: 1, maxLength: 3 }) }),
      async run({ answers }) {
        server.answer(answers);
        const { services, messages } = machineWith({ endpoint, accessToken: TOKEN });
        const uploaded = await allowing([TOKEN], () => services.emailAudit.uploadPublicKey("example.com", SECRET));
        const { entryId = "", updated = "" } = uploaded ?? {};
        for (const text of [...messages, entryId, updated]) harmless(text, [TOKEN]);
        return uploaded !== undefined;
      },
      close: () => Promise.resolve(server.close()),
    };
  },
};
