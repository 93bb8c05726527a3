/** Inputs of Check, through both adapters: any JSON under the names of each resource, with unknowns, secrets and assets. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { resources, type Token } from "../../provider/resources";
import { ADAPTERS, openSession, type Properties, type Session } from "../sessions";
import { fixture, material, NOW, PASSWORD, pem } from "./material";
import { allowingAnswer, harmless, type Target } from "./target";
import { anyValue, properties } from "./wireValues";

interface Case {
  readonly token: Token;
  readonly olds: Properties;
  readonly news: Properties;
}

const ALICE = "alice@example.com";
const ID = `users/${ALICE}/settings/sendAs/${ALICE}/smimeInfo/ANe1Bm`;

/** What each property may rightly be. */
async function plausible(): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const { key, leaf, chain } = await material("openssl-ec.p12");
  return {
    userId: [ALICE, "ALICE@example.com ", "me", "alice%40example.com"],
    sendAsEmail: [ALICE, "sales@example.com"],
    pkcs12: [fixture("openssl-ec.p12").toString("base64"), fixture("openssl-clear.p12").toString("base64url")],
    password: [PASSWORD],
    privateKey: [pem("PRIVATE KEY", key)],
    certificate: [pem("CERTIFICATE", leaf)],
    chain: [chain.map((issuer) => pem("CERTIFICATE", issuer)).join("")],
    onDelete: ["delete", "retain", "restore"],
    renewBeforeDays: [30, 0.5],
    expiryPolicy: ["warn", "error", "ignore"],
    certificateId: [ID, "ANe1Bm"],
    choose: ["furthestExpiry"],
    candidates: [[{ certificateId: ID, expiration: "2027-01-01T00:00:00Z" }]],
    domain: ["example.com"],
    publicKey: [fixture("gpg-rsa.asc").toString("latin1")],
  };
}

function casesOf(words: Readonly<Record<string, readonly unknown[]>>): fc.Arbitrary<Case> {
  const texts = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        ...Object.values(words)
          .flat()
          .filter((word) => typeof word === "string"),
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  );
  const any = anyValue(texts);
  const value = (name: string): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...(words[name] ?? ["x"])) }, { weight: 1, arbitrary: any });
  const all = (token: Token): fc.Arbitrary<Properties> => {
    const rows = Object.entries(resources[token].fields).filter(([, row]) => "input" in row);
    return properties(Object.fromEntries(rows.map(([name]) => [name, value(name)])), any);
  };
  return fc
    .constantFrom(...(Object.keys(resources) as Token[]))
    .chain((token) => fc.record({ token: fc.constant(token), olds: all(token), news: all(token) }));
}

/** Texts that may not be shown: those of secret properties that stand in no other. A file's path is none. */
function secretsIn(token: Token, news: Properties): string[] {
  const isSecret = (name: string): boolean => {
    const row: object = (resources[token].fields as Record<string, object>)[name] ?? {};
    return "secret" in row;
  };
  const [secret, open] = [true, false].map((wanted) =>
    Object.fromEntries(Object.entries(news).filter(([name]) => isSecret(name) === wanted)),
  );
  const shown = JSON.stringify(open);
  return textsIn(secret).filter(
    (text) => text.length >= 12 && text !== ALICE && !shown.includes(JSON.stringify(text).slice(1, -1)),
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => (["path", "uri", "hash"].includes(name) ? [] : textsIn(part)));
}

export const check: Target<Case> = {
  name: "check",
  about: "inputs of Check of each resource, any JSON with unknowns and assets, and the preview that follows",
  async open() {
    const [messages, requests]: [string[], string[]] = [[], []];
    const world = {
      config: { accessToken: "ya29.token", endpoint: "http://127.0.0.1:9" },
      environment: { HOME: "/nonexistent" },
      now: () => NOW,
      elapsed: () => 0,
      sleep: () => Promise.resolve(),
      fetch: (input: unknown) => Promise.reject(new Error(`asked for ${String(requests.push(String(input)))}`)),
      log: (_severity: string, message: string) => void messages.push(message),
    };
    const sessions = new Map<string, Session>();
    for (const adapter of ADAPTERS) sessions.set(adapter, await openSession[adapter](world));
    return {
      cases: casesOf(await plausible()),
      async run({ token, olds, news }) {
        messages.length = 0;
        const secrets = secretsIn(token, news);
        let isTaken = false;
        for (const session of sessions.values()) {
          const checked = await allowingAnswer(secrets, () => session.check(token, olds, news));
          for (const { reason } of checked?.failures ?? []) harmless(reason, secrets);
          if (checked?.failures.length !== 0) continue;
          isTaken = true;
          await allowingAnswer(secrets, () => session.create(token, checked.inputs, true));
        }
        for (const message of messages) harmless(message, secrets);
        assert.deepEqual(requests, [], "a preview asks nobody");
        return isTaken;
      },
      close: () => Promise.resolve([...sessions.values()].forEach((session) => session.close())),
    };
  },
};
