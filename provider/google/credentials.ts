/** The credentials that a platform team may hold, and who may stand behind them. */
import type { KeyObject } from "node:crypto";

/** Each says where it was found: a setting or a variable, for messages. */
interface Sourced {
  readonly source: string;
}

/** Ready-made: of one user, or, where it asks IAM to sign, of whoever may. */
export interface AccessToken extends Sourced {
  readonly kind: "accessToken";
  readonly token: string;
}

/** A user's consent (three-legged OAuth): its tokens are of that user alone, whom Gmail calls `me`. */
export interface AuthorizedUser extends Sourced {
  readonly kind: "authorizedUser";
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  /** Which project's quota its calls to Google Cloud use, where the file says so. */
  readonly quotaProject?: string;
}

/** With domain-wide delegation: one subject a mailbox. */
export interface ServiceAccountKey extends Sourced {
  readonly kind: "serviceAccount";
  readonly email: string;
  /** What an administrator authorises in the Admin console. */
  readonly clientId: string;
  readonly key: KeyObject;
  readonly keyId?: string;
}

/** Workload identity federation: AWS, Azure, GitHub, Kubernetes and so on vouch for this process. */
export interface FederatedIdentity extends Sourced {
  readonly kind: "federated";
  readonly tokenUrl: string;
  /** The file. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** The service account that the file names, which takes no part: an executable is told of it. */
  readonly impersonates?: string;
  readonly quotaProject?: string;
}

/** The service account that a machine of Google Cloud runs as. */
export interface MetadataServer extends Sourced {
  readonly kind: "metadataServer";
  /** Where GCE_METADATA_HOST says that there is one; otherwise nobody knows yet. */
  readonly host?: string;
}

/** Who asks IAM to sign: any of these, none of which needs delegation. */
export type Caller = AccessToken | AuthorizedUser | ServiceAccountKey | FederatedIdentity | MetadataServer;

/** Domain-wide delegation without a key: IAM signs in the service account's name. */
export interface Keyless extends Sourced {
  readonly kind: "keyless";
  readonly email: string;
  readonly caller: Caller;
  /** Another account that the caller's file says to impersonate: the caller asks in its own name all the same. */
  readonly passedOver?: string;
}

export interface Missing {
  readonly kind: "missing";
  /** What was found instead, and why it cannot be used. */
  readonly why?: string;
}

export type Credential = AccessToken | AuthorizedUser | ServiceAccountKey | Keyless | Missing;
