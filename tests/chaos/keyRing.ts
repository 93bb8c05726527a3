/** The keys of one world's mailboxes: made when first asked for, and what would betray them. */
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintLeaf, mintPgpKey, mintPkcs12, type Leaf } from "../mint";
import { tracesOf, tracesOfFile, tracesOfPem } from "../traces";
import { PASSWORD, type World } from "../world";
import type { Place } from "./model";

export interface Key extends Leaf {
  readonly pkcs12: Buffer;
  /** Of the file with the PKCS#12. */
  readonly path: string;
}

export class KeyRing {
  readonly #folder = mkdtempSync(join(tmpdir(), "google-workspace-mail-chaos-"));
  readonly #keys = new Map<string, Promise<Key>>();
  readonly #audit = new Map<number, Promise<string>>();
  readonly #traces: string[];

  constructor(private readonly world: World) {
    this.#traces = [...tracesOf(PASSWORD), ...tracesOfPem(world.emulator.keyFile.private_key)];
    // All tokens of the emulator begin like this; each is another.
    this.#traces.push("ya29.", Buffer.from("ya29.").toString("base64").slice(0, 6));
  }

  /** The same key for every address of the mailbox. */
  of({ user }: Place, number: number): Promise<Key> {
    const name = `${user} ${String(number)}`;
    const key = this.#keys.get(name) ?? this.#make(user, number);
    this.#keys.set(name, key);
    return key;
  }

  /** The public key, armored. */
  audit(number: number): Promise<string> {
    const key = this.#audit.get(number) ?? mintPgpKey().then(({ publicKey }) => publicKey);
    this.#audit.set(number, key);
    return key;
  }

  /** The texts of which each would betray a secret of this world. */
  get traces(): readonly string[] {
    return this.#traces;
  }

  /** A file beside the keys; returns its path. */
  write(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #make(user: string, number: number): Promise<Key> {
    // Each expires on a day of its own, in no order.
    const notAfter = new Date(Date.UTC(2027, 2 + ((number * 7) % 10), 1 + (number % 28)));
    const emails = [user, user.replace("user", "alias")];
    const leaf = await mintLeaf(this.world.authority, { emails, notAfter });
    const pkcs12 = await mintPkcs12(leaf, { password: PASSWORD, iterations: 1 });
    const path = join(this.#folder, `${user}-${String(number)}.p12`);
    writeFileSync(path, pkcs12);
    this.#traces.push(...tracesOfFile(pkcs12), ...tracesOfEcKey(leaf.privateKeyPem));
    return { ...leaf, pkcs12, path };
  }
}

/** Its lines, and the number that is secret: the rest of the file is public. */
function tracesOfEcKey(pem: string): string[] {
  const { d = "" } = createPrivateKey(pem).export({ format: "jwk" });
  const [first = "", second = ""] = pem.split("\n").slice(1);
  return [first, second, ...tracesOf(Buffer.from(d, "base64url"))];
}
