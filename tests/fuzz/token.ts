/** Answers of the token endpoint and of IAM's signJwt, to each kind of credential. */
import { generateKeyPairSync } from "node:crypto";
import * as fc from "fast-check";
import { AnswerServer, answersOf, type Answer } from "./answerServer";
import { anything, googleError, html, jsonOf, words } from "./gmail";
import { machineWith, type Config } from "./machine";
import { allowing, harmless, type Target } from "./target";

const KINDS = ["serviceAccount", "refreshToken", "keyless"] as const;
const SECRETS = [
  "1//refresh-token-of-the-test",
  "GOCSPX-client-secret-of-the-test",
  "ya29.token-of-the-caller",
] as const;

interface Case {
  readonly kind: (typeof KINDS)[number];
  readonly answers: readonly Answer[];
}

const echoed = fc.oneof({ weight: 2, arbitrary: anything }, { weight: 1, arbitrary: fc.constantFrom(...SECRETS) });
const OAUTH = [
  "invalid_grant",
  "unauthorized_client",
  "invalid_client",
  "invalid_request",
  "access_denied",
  "invalid_scope",
] as const;

const grant = jsonOf(
  ["access_token", "expires_in", "token_type", "scope", "signedJwt", "keyId", "id_token"],
  fc.oneof(echoed, fc.integer(), fc.double()),
);
const refusal = fc.record({
  error: fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...OAUTH) }, { weight: 1, arbitrary: echoed }),
  error_description: echoed,
  error_uri: echoed,
  error_subtype: echoed,
});

/** Fit for IAM, for the token endpoint and for the list of addresses that follows, but for its values. */
const success = fc.record(
  {
    signedJwt: fc.oneof({ weight: 3, arbitrary: fc.constant("a.signed.assertion") }, anything),
    access_token: fc.oneof({ weight: 3, arbitrary: fc.constant("ya29.a-token") }, anything),
    expires_in: fc.oneof(fc.integer(), fc.double(), anything),
    sendAs: fc.constant([]),
  },
  { requiredKeys: ["sendAs"] },
);

const asText = (value: unknown): string => JSON.stringify(value);
const fine = (answer: Answer): Answer => ({ ...answer, status: 200, type: "application/json", how: "plain" });

const bodies = fc.oneof(
  { weight: 3, arbitrary: success.map(asText) },
  { weight: 3, arbitrary: fc.oneof(grant, refusal, googleError).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.oneof(html, words, fc.json()) },
);

function settings(kind: Case["kind"], endpoint: string, keyFile: string): Config {
  const [refreshToken, clientSecret, accessToken] = SECRETS;
  switch (kind) {
    case "serviceAccount":
      return { endpoint, credentials: keyFile };
    case "refreshToken":
      return { endpoint, refreshToken, clientSecret, clientId: "client.apps.googleusercontent.com" };
    case "keyless":
      return { endpoint, accessToken, serviceAccount: "mail@project.iam.gserviceaccount.com" };
  }
}

export const token: Target<Case> = {
  name: "token",
  about: "answers of the token endpoint and of IAM",
  async open() {
    const server = new AnswerServer();
    const endpoint = await server.listen();
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const keyFile = JSON.stringify({
      type: "service_account",
      client_email: "mail@project.iam.gserviceaccount.com",
      client_id: "1",
      private_key: privateKey,
    });
    return {
      cases: fc.record({
        kind: fc.constantFrom(...KINDS),
        answers: fc.oneof(
          { weight: 3, arbitrary: fc.array(answersOf(bodies), { minLength: 1, maxLength: 3 }) },
          { weight: 1, arbitrary: fc.array(answersOf(success.map(asText)).map(fine), { minLength: 1, maxLength: 3 }) },
        ),
      }),
      async run({ kind, answers }) {
        server.answer(answers);
        const given = settings(kind, endpoint, keyFile);
        const { services, messages } = machineWith(given);
        // who is asked for the second token of two has not been told the first
        const isTold = (): boolean => kind !== "keyless" || server.asked.at(-1)?.path !== "/token";
        const secrets = (): string[] => SECRETS.filter((secret) => Object.values(given).includes(secret) && isTold());
        const asked = await allowing(secrets, async () => ({
          value: await services.sendAs.addresses("alice@example.com"),
        }));
        for (const message of messages) harmless(message, secrets());
        return asked !== undefined;
      },
      close: () => Promise.resolve(server.close()),
    };
  },
};
