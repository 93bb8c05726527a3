// One request as the routes see it: decoded, read, and with its bearer named.
import type { Store } from "./store";
import type { AccessToken } from "./entities";
import type { SigningKey } from "./signingKey";

export interface EmulatorRequest {
  method: string;
  /** Percent-decoded, without the query. */
  path: string;
  /** The path's parts, each decoded by itself: a %2F in one does not split it. */
  segments: string[];
  query: URLSearchParams;
  body: Buffer;
  bearer: string | undefined;
  /** Of the bearer; undefined when nobody knows it. */
  token: AccessToken | undefined;
}

/** What every route works with. */
export interface Context {
  store: Store;
  /** http://127.0.0.1:PORT */
  origin: string;
  /** The system-managed key that signJwt signs with. */
  signingKey: SigningKey;
}
