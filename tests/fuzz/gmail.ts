/** Gmail's answers: its own with anything changed, errors that echo secrets, proxies' pages, and bytes that are no HTTP. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { AnswerServer, answersOf, type Answer } from "./answerServer";
import { machineWith } from "./machine";
import { material, pem } from "./material";
import { allowing, harmless, type Target } from "./target";

export const TOKEN = "ya29.a0AfH6SMBfuzzTokenOfTheTest0123456789";
export const SECRET = "the-password-of-the-test";
const ALICE = "alice@example.com";

const VERBS = ["addresses", "list", "get", "insert", "setDefault", "delete"] as const;

interface Case {
  readonly verb: (typeof VERBS)[number];
  readonly id: string;
  readonly answers: readonly Answer[];
}

/** Texts and values in answers, among them what an error may echo. */
export const words = fc.oneof(
  fc.constantFrom(
    TOKEN,
    SECRET,
    `Bearer ${TOKEN}`,
    "notFound",
    "rateLimitExceeded",
    "failedPrecondition",
    "already saved",
  ),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
);
export const anything = fc.oneof(words, fc.jsonValue({ maxDepth: 3 }));

/** JSON by Google's names with anything under them, some of them missing. */
export const jsonOf = (known: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.dictionary(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...known) }, fc.string({ maxLength: 8 })), value, {
    maxKeys: 6,
  });

const info = (certificate: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        id: fc.constantFrom("ANe1Bm", "x", "../x"),
        isDefault: fc.boolean(),
        pem: fc.constantFrom(certificate, `${certificate}${certificate}`, ""),
      }),
    },
    { weight: 1, arbitrary: jsonOf(["id", "isDefault", "pem", "issuerCn", "expiration"], anything) },
  );

export const googleError: fc.Arbitrary<unknown> = fc.record({
  error: fc.oneof(
    anything,
    fc.record({
      code: fc.oneof(fc.integer(), anything),
      message: fc.oneof(
        anything,
        fc.constantFrom(TOKEN, SECRET).map((secret) => `Said ${secret} in an error`),
      ),
      status: anything,
      errors: fc.oneof(
        anything,
        fc.array(fc.oneof(anything, fc.record({ reason: words, message: words, domain: words })), { maxLength: 3 }),
      ),
    }),
  ),
});

export const html = words.map((word) => `<!DOCTYPE html><html><body><h1>${word}</h1></body></html>`);

const bodies = (certificate: string): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .oneof(info(certificate), fc.record({ smimeInfo: fc.array(info(certificate), { maxLength: 4 }) }))
        .map((value) => JSON.stringify(value)),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          sendAs: fc.oneof(
            anything,
            fc.array(jsonOf(["sendAsEmail", "isPrimary", "verificationStatus"], anything), { maxLength: 3 }),
          ),
        })
        .map((value) => JSON.stringify(value)),
    },
    { weight: 4, arbitrary: googleError.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: html },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: words },
  );

/** What may be asked of Gmail, whatever an id holds: nothing that a path with dots would lead to. */
const PATHS =
  /^\/gmail\/v1\/users\/alice%40example\.com\/settings\/sendAs(\/alice%40example\.com\/smimeInfo(\/[^/?#]+(\/setDefault)?)?)?$/;

/** All waits of an insert: eight tries, each with a list that lags and may be busy itself. */
const LONGEST_WAIT = 60 * 60_000;

export const gmail: Target<Case> = {
  name: "gmail",
  about: "answers of Gmail, and what is in their place",
  async open() {
    const { leaf } = await material("openssl-ec.p12");
    const server = new AnswerServer();
    const endpoint = await server.listen();
    return {
      cases: fc.record({
        verb: fc.constantFrom(...VERBS),
        id: fc.oneof(
          { weight: 3, arbitrary: fc.constant("ANe1Bm") },
          { weight: 1, arbitrary: fc.oneof(fc.constantFrom(".", "..", "%2e%2e", "a/b"), words) },
        ),
        answers: fc.array(answersOf(bodies(pem("CERTIFICATE", leaf))), { minLength: 1, maxLength: 4 }),
      }),
      async run({ verb, id, answers }) {
        server.answer(answers);
        const { services, messages, waited } = machineWith({ endpoint, accessToken: TOKEN });
        const { sendAs } = services;
        /** What the request that was answered last had in it. */
        const told = (): string[] => {
          const { method, path } = server.asked.at(-1) ?? { method: "", path: "" };
          return method === "POST" && path.endsWith("/smimeInfo") ? [TOKEN, SECRET] : [TOKEN];
        };
        const address = { userId: ALICE, sendAsEmail: ALICE };
        const upload = { pkcs12: Buffer.from(SECRET), password: SECRET };
        const doing = {
          addresses: () => sendAs.addresses(ALICE),
          list: () => sendAs.list(address),
          get: () => sendAs.get(address, id),
          insert: () =>
            sendAs.insert(
              address,
              () => Promise.resolve(upload),
              (entry) => entry.id === id,
            ),
          setDefault: () => sendAs.setDefault(address, id),
          delete: () => sendAs.delete(address, id, (others) => others[0]),
        };
        const done = await allowing(told, async () => ({ value: await doing[verb]() }));
        for (const message of messages) harmless(message, [TOKEN]);
        for (const { path } of server.asked) assert.match(path, PATHS);
        assert.ok(waited() <= LONGEST_WAIT, `waited for ${String(waited() / 1000)} s`);
        return done !== undefined;
      },
      close: () => Promise.resolve(server.close()),
    };
  },
};
