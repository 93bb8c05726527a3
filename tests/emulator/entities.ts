// What the emulator keeps: the nouns of Google's side, as they stand in memory, and the seed they are made from.
import type { KeyObject, X509Certificate } from "node:crypto";

/** The open questions about Google, each a switch (the defaults are in seed.ts). */
export interface Knobs {
  firstInsertBecomesDefault: boolean;
  deleteDefault: "allow" | "promote" | "refuse";
  duplicateInsert: "refuse" | "second";
  listLag: number;
  auditLineEnds: "any" | "crlf" | "lf";
  trust: "any" | "roots";
  unitsPerMinute: number | null;
}

/** What `--seed` and `PUT /_emulator/state` take; every key may be left out. */
export interface Seed {
  now?: string;
  domains?: { name: string; admins?: string[]; smimeEnabled?: boolean; endUserApiAccess?: boolean }[];
  users?: { email: string; sendAs?: string[]; licensed?: boolean }[];
  serviceAccounts?: {
    email: string;
    clientId?: string;
    publicKeyPem?: string;
    scopes?: string[];
    signJwtCallers?: string[];
  }[];
  refreshTokens?: { token: string; user: string; clientId: string; clientSecret: string; scopes?: string[] }[];
  accessTokens?: { token: string; user: string; scopes?: string[] }[];
  trustedRoots?: string[];
  knobs?: Partial<Knobs>;
}

/** A seed with every default filled in and every key parsed. */
export interface World {
  now: Date | undefined;
  domains: Domain[];
  users: User[];
  serviceAccounts: ServiceAccount[];
  refreshTokens: RefreshToken[];
  accessTokens: AccessToken[];
  trustedRoots: X509Certificate[];
  knobs: Knobs;
}

export interface Domain {
  name: string;
  admins: string[];
  smimeEnabled: boolean;
  endUserApiAccess: boolean;
}

export interface User {
  email: string;
  licensed: boolean;
  /** The primary address first. */
  addresses: Address[];
}

export interface Address {
  email: string;
  isPrimary: boolean;
  /** In order of insertion. Replaced as a whole on every write, so that an older array is a snapshot. */
  certificates: readonly Certificate[];
  /** Writes that lists do not show yet (knob listLag), oldest first. */
  lagging: { before: readonly Certificate[]; listsLeft: number }[];
}

export interface Certificate {
  id: string;
  isDefault: boolean;
  issuerCn: string;
  /** Milliseconds since the epoch. */
  expiration: number;
  /** SHA-256 of the leaf, upper-case hex without colons. */
  fingerprint: string;
  /** The leaf, then its chain without the root. */
  pem: string;
}

export interface ServiceAccount {
  email: string;
  clientId: string;
  publicKey: KeyObject | undefined;
  scopes: string[];
  signJwtCallers: string[];
}

export interface RefreshToken {
  token: string;
  user: string;
  clientId: string;
  clientSecret: string;
  scopes: string[];
}

export interface AccessToken {
  token: string;
  /** Undefined for a service account that acts for nobody. */
  user: string | undefined;
  scopes: string[];
  /** Three-legged: given by the user, not by delegation. */
  byConsent: boolean;
  /** Milliseconds of the real clock; undefined = does not expire. */
  expiresAt: number | undefined;
}

export interface AuditKey {
  publicKey: string;
  fingerprint: string;
  updated: string;
}

/** What `POST /_emulator/faults` takes; only `match` is needed. */
export interface Fault {
  match: { method?: string | null; path: string };
  times?: number;
  status?: number | null;
  reason?: string | null;
  message?: string | null;
  headers?: Record<string, string> | null;
  body?: string | null;
  delayMs?: number;
  drop?: "before" | "after" | null;
}

/** One line of `GET /_emulator/requests`. */
export interface LoggedRequest {
  method: string;
  path: string;
  /** 0 while the answer is under way, and for a dropped connection. */
  status: number;
  subject: string | null;
  ms: number;
}

/** What `GET /_emulator/state` answers. */
export interface EmulatorState {
  users: Record<string, { sendAs: Record<string, { smimeInfo: StateCertificate[] }> }>;
  audit: Record<string, AuditKey>;
}

export interface StateCertificate {
  id: string;
  isDefault: boolean;
  issuerCn: string;
  expiration: string;
  fingerprint: string;
}
