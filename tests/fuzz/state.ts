/** State that an older or a newer version wrote, or a person by hand: read, diff, update and delete through both adapters. */
import * as fc from "fast-check";
import { resources, type Token } from "../../provider/resources";
import type { Held, Properties, Session } from "../sessions";
import { AnswerServer } from "./answerServer";
import { sessionsAt } from "./machine";
import { fixture, material, PASSWORD, pem } from "./material";
import { allowingAnswer, harmless, type Target } from "./target";
import { anyValue, strangeNames } from "./wireValues";

const VERBS = ["read", "diff", "update", "foresee", "delete", "check"] as const;

interface Case {
  readonly held: number;
  readonly verb: (typeof VERBS)[number];
  readonly drop: readonly string[];
  readonly replace: Properties;
  readonly inputs: Properties;
}

/** Of the recorded stack, each resource with its id, inputs and state; its secrets, which are encrypted there, in clear. */
async function recorded(endpoint: string): Promise<(Held & { token: Token })[]> {
  const { key } = await material("openssl-ec.p12");
  const text = fixture("state-0.1.0.json").toString("utf8").replaceAll("{{endpoint}}", endpoint);
  const { deployment } = JSON.parse(text.replace(/\{\{id of \w+\}\}/g, "ANe1Bm")) as {
    deployment: { resources: Recorded[] };
  };
  const secrets = {
    pkcs12: fixture("openssl-default.p12").toString("base64"),
    password: PASSWORD,
    privateKey: pem("PRIVATE KEY", key),
  };
  return deployment.resources.flatMap(({ type, id, inputs, outputs }) => {
    const token = /google-workspace-mail:(\w+)$/.exec(type)?.[1] ?? "";
    if (!(token in resources) || id === undefined) return [];
    const given = Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        name,
        name in secrets ? secrets[name as keyof typeof secrets] : value,
      ]),
    );
    return [{ token: token as Token, id, inputs: given, state: outputs }];
  });
}

interface Recorded {
  readonly type: string;
  readonly id?: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

const ROWS = [...new Set(Object.values(resources).flatMap(({ fields }) => Object.keys(fields)))];
/** But the endpoint, so that other things are tried than the guard of it. */
const names = fc.constantFrom(...ROWS.filter((name) => name !== "endpoint"));
const texts = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom("", ".", "..", "me", "alice@example.com", "2027-01-01T00:00:00Z"),
);

const casesOf = (count: number): fc.Arbitrary<Case> =>
  fc.record({
    held: fc.nat(count - 1),
    verb: fc.constantFrom(...VERBS),
    drop: fc.array(fc.oneof({ weight: 9, arbitrary: names }, { weight: 1, arbitrary: fc.constant("endpoint") }), {
      maxLength: 4,
    }),
    replace: fc.dictionary(
      fc.oneof({ weight: 9, arbitrary: names }, { weight: 1, arbitrary: strangeNames }),
      anyValue(texts, null),
      { maxKeys: 4 },
    ),
    inputs: fc.oneof(
      { weight: 2, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.dictionary(names, anyValue(texts), { maxKeys: 2 }) },
    ),
  });

const plain = (value: object): Properties => JSON.parse(JSON.stringify(value)) as Properties;

interface Asked extends Held {
  readonly token: Token;
  readonly news: Properties;
}

/** The program is as it was: what is new comes through Check, which the target of that name is about. */
function ask(session: Session, verb: Case["verb"], { token, news, ...held }: Asked): Promise<unknown> {
  switch (verb) {
    case "read":
      return session.read(token, held);
    case "diff":
      return session.diff(token, held, news);
    case "update":
      return session.update(token, held, news, false);
    case "foresee":
      return session.update(token, held, news, true);
    case "delete":
      return session.delete(token, held);
    case "check":
      return session.check(token, held.inputs, news);
  }
}

export const state: Target<Case> = {
  name: "state",
  about: "state of other versions: properties missing, of another type, and unknown ones",
  async open() {
    const server = new AnswerServer();
    const endpoint = await server.listen();
    const { leaf } = await material("openssl-ec.p12");
    const info = { id: "ANe1Bm", isDefault: true, pem: pem("CERTIFICATE", leaf) };
    const body = JSON.stringify({ ...info, smimeInfo: [info] });
    const { sessions, messages } = await sessionsAt(endpoint);
    const resourcesHeld = await recorded(endpoint);
    return {
      cases: casesOf(resourcesHeld.length),
      async run(value) {
        const whole = resourcesHeld[value.held] ?? resourcesHeld[0];
        if (!whole) return false;
        const changed = Object.entries({ ...whole.state, ...value.replace }).filter(
          ([name]) => !value.drop.includes(name),
        );
        const { token, id, inputs: news } = whole;
        const held = { id, state: plain(Object.fromEntries(changed)), inputs: plain({ ...news, ...value.inputs }) };
        server.answer([{ status: 200, type: "application/json", headers: [], body, how: "plain" }]);
        let isTaken = false;
        for (const session of sessions) {
          const done = await allowingAnswer([PASSWORD.repeat(2)], async () => ({
            value: await ask(session, value.verb, { token, news, ...held }),
          }));
          if (done) isTaken = true;
        }
        for (const message of messages.splice(0)) harmless(message, []);
        return isTaken;
      },
      close: () => {
        for (const session of sessions) session.close();
        return Promise.resolve(server.close());
      },
    };
  },
};
