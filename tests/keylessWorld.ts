// Keyless delegation between two servers: the emulator signs and exchanges, and an identity server vouches for whoever
// asks. What goes to Google's hosts is led to them, over real HTTP, and remembered.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCredential } from "../provider/credentialSettings";
import { SCOPES } from "../provider/google/scopes";
import { TokenSource } from "../provider/google/tokens";
import { Transport } from "../provider/google/transport";
import type { SettingName } from "../provider/settings";
import { AUDIT, BASIC, SHARING } from "./emulatorClient";
import { IdentityServer } from "./identityServer";
import { ALICE, seed, World } from "./world";

export const DELEGATED = "mail-keys@p.iam.gserviceaccount.com";
export const CALLER_TOKENS = ["caller-token-canary-1", "caller-token-canary-2"] as const;
export const CALLER_CLIENT = "caller-client";

export interface Held {
  readonly config: Partial<Record<SettingName, string>>;
  readonly environment?: Record<string, string>;
}

/** What IAM was asked to sign. */
interface Signed {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
  /** Milliseconds of the real clock. */
  readonly at: number;
}

/** `passed`: milliseconds of the test's clock, waits included. */
interface Tokens {
  readonly source: TokenSource;
  readonly pass: (milliseconds: number) => void;
  readonly passed: () => number;
}

export class KeylessWorld {
  signed: Signed[] = [];
  /** The JWTs that the token endpoint was given. */
  assertions: string[] = [];
  /** Addresses that go to the identity server instead. */
  divert: RegExp | undefined;
  readonly folder = mkdtempSync(join(tmpdir(), "keyless-"));

  private constructor(
    readonly world: World,
    readonly identity: IdentityServer,
  ) {}

  static async start(): Promise<KeylessWorld> {
    const [world, identity] = await Promise.all([World.start(), IdentityServer.start()]);
    return new KeylessWorld(world, identity);
  }

  async stop(): Promise<void> {
    rmSync(this.folder, { recursive: true });
    await Promise.all([this.world.emulator.stop(), this.identity.stop()]);
  }

  reset(): void {
    [this.signed, this.assertions, this.divert] = [[], [], undefined];
    this.identity.forget(CALLER_TOKENS);
    this.world.emulator.seed(seed({}, { serviceAccounts: [delegatedTo(CALLER_TOKENS)] }));
  }

  /** The security token service, where the endpoint is: the identity server's. */
  get stsUrl(): string {
    return `${this.world.emulator.url}/v1/token`;
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** How often IAM and the token endpoint of the emulator were asked. */
  asked(): { signed: number; exchanged: number } {
    const paths = this.world.emulator.requests().map(({ path }) => path);
    const count = (end: RegExp): number => paths.filter((path) => end.test(path)).length;
    return { signed: count(/:signJwt$/), exchanged: count(/^\/token$/) };
  }

  /** Tokens as the provider has them, on a clock of the test's own. */
  tokens({ config, environment = {} }: Held, fetch = this.fetch): Tokens {
    const tokenUrl = `${this.world.emulator.url}/token`;
    let time = 0;
    const pass = (milliseconds: number): void => void (time += milliseconds);
    const now = (): Date => new Date();
    const sleep = (milliseconds: number): Promise<void> => Promise.resolve(pass(milliseconds));
    const transport = new Transport({ now, elapsed: () => time, random: () => 0.5, sleep, fetch });
    const surroundings = { CLOUDSDK_CONFIG: this.folder, ...environment };
    const credential = findCredential({ setting: (name) => config[name], environment: surroundings }, tokenUrl);
    const iamOrigin = this.world.emulator.url;
    const around = { transport, tokenUrl, now, environment: surroundings, iamOrigin };
    return { source: new TokenSource(credential, around), pass, passed: () => time };
  }

  /** What is said where there is no token for Alice. */
  async refusal(held: Held): Promise<string> {
    try {
      await this.tokens(held).source.token(ALICE, SCOPES.custom);
    } catch (error) {
      return (error as Error).message;
    }
    return assert.fail("there was a token");
  }

  readonly fetch: typeof fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const body = typeof init?.body === "string" ? init.body : "";
    if (url.endsWith(":signJwt")) {
      const { payload } = JSON.parse(body) as { payload: string };
      const claims = JSON.parse(payload) as Record<string, unknown>;
      this.signed.push({ claims, headers: new Headers(init?.headers), at: Date.now() });
    }
    const form = new URLSearchParams(body);
    const assertion = url.endsWith("/token") ? form.get("assertion") : null;
    if (assertion !== null) this.assertions.push(assertion);
    const elsewhere = url === this.stsUrl || isOfCaller(form) || this.divert?.test(url) === true;
    return fetch(elsewhere ? `${this.identity.url}${new URL(url).pathname}` : input, init);
  };
}

export const delegatedTo = (signJwtCallers: readonly string[]) => ({
  email: DELEGATED,
  clientId: "112233445566778899",
  scopes: [BASIC, SHARING, AUDIT],
  signJwtCallers: [...signJwtCallers],
});

/** The grants by which whoever asks IAM gets a token: the emulator's own would be another one each time. */
function isOfCaller(form: URLSearchParams): boolean {
  if (form.get("grant_type") === "refresh_token") return form.get("client_id") === CALLER_CLIENT;
  const [, payload] = form.get("assertion")?.split(".") ?? [];
  return payload !== undefined && !("sub" in (JSON.parse(Buffer.from(payload, "base64url").toString()) as object));
}
