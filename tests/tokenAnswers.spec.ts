/** Hostile answers on the way to a token: a redirect is not followed, and what repeats a secret does not show it. */
import assert from "node:assert/strict";
import { byFile, federated, GCLOUD_USER, gcloudUser, onMetadata, withAccount } from "./callers";
import { SUBJECT_TOKEN, type Asked } from "./identityServer";
import { CALLER_TOKENS, KeylessWorld, type Held } from "./keylessWorld";

const asOauth = (text: string): object => ({ error: text, error_description: text });
const asIam = (text: string): object => ({ error: { message: text, status: text, details: [{ reason: text }] } });

describe("an answer on the way to a token", () => {
  let keyless: KeylessWorld;
  before(async () => {
    keyless = await KeylessWorld.start();
  });
  after(() => keyless.stop());
  beforeEach(() => {
    keyless.reset();
  });

  const byToken = (): Held => withAccount({ accessToken: CALLER_TOKENS[0] });
  const byKey = (): Held => ({ config: { credentials: JSON.stringify(keyless.world.emulator.keyFile) } });
  const consent = (): Held => ({ config: { credentials: gcloudUser() } });

  const refusal = (held: Held): Promise<string> => keyless.refusal(held);

  describe("that redirects", () => {
    for (const [what, divert, held] of [
      ["the token endpoint's", /\/token$/, byKey],
      ["IAM's", /:signJwt$/, byToken],
      ["the security token service's", /\/v1\/token$/, () => byFile(keyless)],
      ["the metadata server's", undefined, () => onMetadata(keyless)],
      ["a subject URL's", undefined, () => federated(keyless, { url: `${keyless.identity.url}/subject` })],
    ] as const)
      it(`(${what}) is not followed`, async () => {
        keyless.divert = divert;
        const headers = { Location: `${keyless.identity.url}/elsewhere`, "Metadata-Flavor": "Google" };
        keyless.identity.replies = [() => ({ status: 307, body: "", headers })];
        assert.match(await refusal(held()), /Google answered 307|gave no subject token/);
        assert.equal(keyless.identity.asked.length, 1);
      });
  });

  describe("that repeats all it was sent", () => {
    const echo = ({ body, headers, form }: Asked): string =>
      [headers.authorization, ...Object.values(form), body].join(" ");
    for (const [what, divert, held, shape] of [
      ["the token endpoint's", /^http:\/\/127\.0\.0\.1:\d+\/token$/, byToken, asOauth],
      ["IAM's", /:signJwt$/, byToken, asIam],
      ["the security token service's", /\/v1\/token$/, () => byFile(keyless), asOauth],
      ["of a refresh token's", /\/token$/, consent, asOauth],
    ] as const)
      it(`(${what}) shows no token, secret or assertion`, async () => {
        keyless.divert = divert;
        keyless.identity.replies = [(asked) => ({ status: 400, body: shape(echo(asked)) })];
        const said = await refusal(held());
        const { client_secret, refresh_token } = GCLOUD_USER;
        const secrets = [...CALLER_TOKENS, SUBJECT_TOKEN, client_secret, refresh_token, ...keyless.assertions];
        assert.deepEqual(
          secrets.filter((secret) => said.includes(secret) || said.includes(secret.slice(0, 40))),
          [],
        );
        assert.match(said, /\[redacted\]/);
      });
  });
});
