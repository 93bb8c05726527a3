// The key behind signJwt: as at Google, it never leaves the house. Made at its first use; one for all accounts, told apart by key id.
import { createHash, generateKeyPair, randomBytes, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

export class SigningKey {
  private readonly salt = randomBytes(16);
  private pair: Promise<{ privateKey: KeyObject; publicKey: KeyObject }> | undefined;

  keys(): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
    this.pair ??= generateRsa();
    return this.pair;
  }

  /** A signature counts for the account only whose key id its header carries. */
  keyId(email: string): string {
    return createHash("sha1").update(this.salt).update(email.toLowerCase()).digest("hex");
  }
}

export function generateRsa(): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  return promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
}
