// The seed: what JSON is accepted, the defaults, and the world that stands when no seed is given.
import { createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import type { AccessToken, Address, Domain, Knobs, RefreshToken, Seed, ServiceAccount, User, World } from "./entities";
import { readBoolean, readChoice, readCount, readInstant, readList, readObject, readString, ShapeError } from "./json";
import { AUDIT, SETTINGS_BASIC, SETTINGS_SHARING } from "./scopes";

/** Scopes of the emulator's own service account, the one whose key file `--write-key` writes. */
export const ownScopes: readonly string[] = [SETTINGS_BASIC, SETTINGS_SHARING, AUDIT];

export const defaultSeed: Seed = {
  domains: [{ name: "example.com", admins: ["admin@example.com"] }],
  users: [
    { email: "admin@example.com" },
    { email: "alice@example.com", sendAs: ["alice@example.com", "sales@example.com"] },
    { email: "bob@example.com" },
    { email: "carol@example.com" },
  ],
};

export function readSeed(value: unknown): World {
  const seed = readObject(value, "seed", [
    "now",
    "domains",
    "users",
    "serviceAccounts",
    "refreshTokens",
    "accessTokens",
    "trustedRoots",
    "knobs",
  ]);
  const users = readList(seed["users"], "users", readUser);
  const emails = users.map((user) => user.email.toLowerCase());
  if (new Set(emails).size < emails.length) throw new ShapeError("users holds one email twice");
  return {
    now: seed["now"] === undefined ? undefined : readInstant(seed["now"], "now"),
    domains: readList(seed["domains"], "domains", readDomain),
    users,
    serviceAccounts: readList(seed["serviceAccounts"], "serviceAccounts", readServiceAccount),
    refreshTokens: readList(seed["refreshTokens"], "refreshTokens", readRefreshToken),
    accessTokens: readList(seed["accessTokens"], "accessTokens", readAccessToken),
    trustedRoots: readList(seed["trustedRoots"], "trustedRoots", readCertificate),
    knobs: readKnobs(seed["knobs"] ?? {}),
  };
}

function readDomain(value: unknown, where: string): Domain {
  const domain = readObject(value, where, ["name", "admins", "smimeEnabled", "endUserApiAccess"]);
  return {
    name: readString(domain["name"], `${where}.name`),
    admins: readList(domain["admins"], `${where}.admins`, readString),
    smimeEnabled: readBoolean(domain["smimeEnabled"], `${where}.smimeEnabled`, true),
    endUserApiAccess: readBoolean(domain["endUserApiAccess"], `${where}.endUserApiAccess`, true),
  };
}

function readUser(value: unknown, where: string): User {
  const user = readObject(value, where, ["email", "sendAs", "licensed"]);
  const email = readString(user["email"], `${where}.email`);
  const others = readList(user["sendAs"], `${where}.sendAs`, readString).filter(
    (address) => address.toLowerCase() !== email.toLowerCase(),
  );
  const addresses = [email, ...others].map((address, index): Address => ({
    email: address,
    isPrimary: index === 0,
    certificates: [],
    lagging: [],
  }));
  return { email, addresses, licensed: readBoolean(user["licensed"], `${where}.licensed`, true) };
}

function readServiceAccount(value: unknown, where: string): ServiceAccount {
  const account = readObject(value, where, ["email", "clientId", "publicKeyPem", "scopes", "signJwtCallers"]);
  return {
    email: readString(account["email"], `${where}.email`),
    clientId: account["clientId"] === undefined ? "" : readString(account["clientId"], `${where}.clientId`),
    publicKey: readPublicKey(account["publicKeyPem"], `${where}.publicKeyPem`),
    scopes: readList(account["scopes"], `${where}.scopes`, readString),
    signJwtCallers: readList(account["signJwtCallers"], `${where}.signJwtCallers`, readString),
  };
}

function readPublicKey(value: unknown, where: string): KeyObject | undefined {
  if (value === undefined) return undefined;
  try {
    return createPublicKey(readString(value, where));
  } catch {
    throw new ShapeError(`${where} must be a public key in PEM`);
  }
}

function readRefreshToken(value: unknown, where: string): RefreshToken {
  const token = readObject(value, where, ["token", "user", "clientId", "clientSecret", "scopes"]);
  return {
    token: readString(token["token"], `${where}.token`),
    user: readString(token["user"], `${where}.user`),
    clientId: readString(token["clientId"], `${where}.clientId`),
    clientSecret: readString(token["clientSecret"], `${where}.clientSecret`),
    scopes: readList(token["scopes"], `${where}.scopes`, readString),
  };
}

function readAccessToken(value: unknown, where: string): AccessToken {
  const token = readObject(value, where, ["token", "user", "scopes"]);
  return {
    token: readString(token["token"], `${where}.token`),
    user: readString(token["user"], `${where}.user`),
    scopes: readList(token["scopes"], `${where}.scopes`, readString),
    byConsent: true, // nothing says that an administrator delegated it
    expiresAt: undefined,
  };
}

function readCertificate(value: unknown, where: string): X509Certificate {
  try {
    return new X509Certificate(readString(value, where));
  } catch {
    throw new ShapeError(`${where} must be a certificate in PEM`);
  }
}

function readKnobs(value: unknown): Knobs {
  const knobs = readObject(value, "knobs", [
    "firstInsertBecomesDefault",
    "deleteDefault",
    "duplicateInsert",
    "listLag",
    "auditLineEnds",
    "trust",
    "unitsPerMinute",
  ]);
  const units = knobs["unitsPerMinute"];
  return {
    firstInsertBecomesDefault: readBoolean(
      knobs["firstInsertBecomesDefault"],
      "knobs.firstInsertBecomesDefault",
      false,
    ),
    deleteDefault: readChoice(knobs["deleteDefault"], "knobs.deleteDefault", ["allow", "promote", "refuse"], "allow"),
    duplicateInsert: readChoice(knobs["duplicateInsert"], "knobs.duplicateInsert", ["refuse", "second"], "refuse"),
    listLag: readCount(knobs["listLag"], "knobs.listLag", 0),
    auditLineEnds: readChoice(knobs["auditLineEnds"], "knobs.auditLineEnds", ["any", "crlf", "lf"], "any"),
    trust: readChoice(knobs["trust"], "knobs.trust", ["any", "roots"], "any"),
    unitsPerMinute: units === undefined || units === null ? null : readCount(units, "knobs.unitsPerMinute", 0),
  };
}
