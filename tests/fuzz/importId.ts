/** Ids as a person may give them to `pulumi import`, through both adapters: no id may lead a request anywhere else. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Token } from "../../provider/resources";
import { AnswerServer } from "./answerServer";
import { sessionsAt } from "./machine";
import { material, pem } from "./material";
import { allowingAnswer, harmless, type Target } from "./target";

interface Case {
  readonly token: Token;
  readonly id: string;
  readonly body: string;
}

const ALICE = "alice@example.com";

const part = fc.oneof(
  { weight: 4, arbitrary: fc.constant(ALICE) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      ".",
      "..",
      "%2e%2e",
      "%2F..%2F..",
      "%",
      "%zz",
      "me",
      "a?b#c",
      "\u0000",
      "a\r\nHost: b",
      "@",
      "x".repeat(5000),
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: "grapheme", maxLength: 20 }).map(encodeURIComponent),
  },
);

const ids = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(part, part, part)
      .map(([user, address, id]) => `users/${user}/settings/sendAs/${address}/smimeInfo/${id}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(part, part)
      .map(([user, address]) => `users/${user}/settings/sendAs/${address}/defaultSmimeInfo`),
  },
  { weight: 1, arbitrary: part.map((name) => `domains/${name}/auditPublicKey`) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme" }) },
);

/** One mailbox's addresses and certificates and no other thing, whatever the mailbox is called. */
const PATHS = /^\/gmail\/v1\/users\/[^/?#]+\/settings\/sendAs\/[^/?#]+\/smimeInfo(\/[^/?#]+)?$/;

export const importId: Target<Case> = {
  name: "id",
  about: "ids given to import and read",
  async open() {
    const { leaf } = await material("openssl-ec.p12");
    const info = { id: "ANe1Bm", isDefault: true, pem: pem("CERTIFICATE", leaf) };
    const server = new AnswerServer();
    const endpoint = await server.listen();
    const { sessions, messages } = await sessionsAt(endpoint);
    const absent = { error: { code: 404, message: "Not Found", errors: [{ reason: "notFound" }] } };
    return {
      cases: fc.record({
        token: fc.constantFrom(
          "SmimeCertificate" as const,
          "SmimeCertificate" as const,
          "DefaultSmimeCertificate" as const,
          "AuditPublicKey" as const,
        ),
        id: ids,
        body: fc.constantFrom(
          JSON.stringify({ ...info, smimeInfo: [info] }),
          JSON.stringify({ smimeInfo: [] }),
          JSON.stringify(absent),
        ),
      }),
      async run({ token, id, body }) {
        const status = body.includes("Not Found") ? 404 : 200;
        let isTaken = false;
        for (const session of sessions) {
          server.answer([{ status, type: "application/json", headers: [], body, how: "plain" }]);
          const read = await allowingAnswer(["ya29.token-of-the-test"], () =>
            session.read(token, { id, inputs: {}, state: {} }),
          );
          for (const { path, host } of server.asked) {
            assert.match(path, PATHS);
            assert.equal(`http://${host}`, endpoint);
          }
          if (read) isTaken = true;
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
