/** Questions to getCallerIdentity of a Google where every kind of credential is known, and what every answer must keep to. */
import assert from "node:assert/strict";
import type { Ask, Config } from "./asking";
import { ADMIN, ALICE, seed, type World } from "./world";

export const BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
export const SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing";
const READONLY = "https://www.googleapis.com/auth/gmail.readonly";
export const AUDIT = "https://apps-apis.google.com/a/feeds/compliance/audit/";

export const OWN = { scope: BASIC, purpose: "certificates on a mailbox's own address" };
export const OTHER = { scope: SHARING, purpose: "certificates on another send-as address" };
export const KEY = { scope: AUDIT, purpose: "the Email Audit API's public key" };

export const KEYLESS = "keyless@project.iam.gserviceaccount.com";
export const consent = (token: string): Config => ({
  clientId: "7-x.apps.googleusercontent.com",
  clientSecret: "c1i3nt",
  refreshToken: token,
});

/** With every kind of credential beside the emulator's own key. */
export const seeded = (rest: Parameters<typeof seed>[1] = {}) =>
  seed(
    {},
    {
      serviceAccounts: [{ email: KEYLESS, clientId: "42", scopes: [BASIC], signJwtCallers: ["t0k3n-ci"] }],
      accessTokens: [
        { token: "t0k3n-own", user: ALICE, scopes: [BASIC] },
        { token: "t0k3n-read-only", user: ALICE, scopes: [READONLY] },
        { token: "t0k3n-sharing-only", user: ALICE, scopes: [SHARING] },
        { token: "t0k3n-nothing", user: ALICE, scopes: [] },
      ],
      refreshTokens: [
        { token: "r3fr3sh-basic", user: ALICE, scopes: [BASIC] },
        { token: "r3fr3sh-both", user: ALICE, scopes: [BASIC, SHARING] },
        { token: "r3fr3sh-audit", user: ADMIN, scopes: [AUDIT] },
      ].map((each) => ({ ...each, clientId: "7-x.apps.googleusercontent.com", clientSecret: "c1i3nt" })),
      ...rest,
    },
  );

interface Identity {
  readonly scopes: readonly { scope: string; granted?: boolean; problem?: string }[];
  readonly findings: readonly { code?: string; severity: string; reason: string }[];
  readonly usable?: boolean;
  readonly [name: string]: unknown;
}

/** Whatever is asked: nothing is written at Google, and the answer holds no secret. */
export async function identity(
  ask: Ask,
  world: World,
  args: Record<string, unknown>,
  config?: Config,
): Promise<Identity> {
  const answer = await ask(world, "getCallerIdentity", args, config);
  assert.deepEqual(world.writes(), []);
  const text = JSON.stringify(answer);
  for (const secret of [config?.accessToken, config?.refreshToken, config?.clientSecret, "ya29.", "PRIVATE KEY"])
    assert.ok(secret === undefined || !text.includes(secret), "it holds no secret");
  return answer as unknown as Identity;
}

export const codes = ({ findings }: Identity): string[] =>
  findings.map(({ code, severity }) => `${severity} ${code ?? ""}`);
export const reasons = ({ findings }: Identity): string => findings.map(({ reason }) => reason).join("\n");
