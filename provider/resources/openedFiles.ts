/** What is known of PKCS#12 files that this process has opened: within one up, Check opens each, and create need not again. */
import { createHash } from "node:crypto";
import type { Upload } from "../google/gmail";
import type { CertificateFacts } from "../keys/certificate";

/** About 1 KB each. An up checks far ahead of what it creates; a file forgotten is opened again. */
const MOST = 10_000;

/** Kept by a digest of the file and its password, so that another file at the same path is another file. Nothing of the key. */
export class OpenedFiles {
  readonly #facts = new Map<string, CertificateFacts>();

  /** Of the leaf. Undefined where this process did not open the very file with the very password. */
  facts(file: Upload): CertificateFacts | undefined {
    return this.#facts.get(digestOf(file));
  }

  remember(file: Upload, facts: CertificateFacts): void {
    this.#facts.set(digestOf(file), facts);
    for (const oldest of this.#facts.keys()) {
      if (this.#facts.size <= MOST) return;
      this.#facts.delete(oldest);
    }
  }
}

function digestOf({ pkcs12, password }: Upload): string {
  // as JSON, a password ends where it ends, and none differs from an empty one
  const opened = JSON.stringify(password ?? null);
  return createHash("sha256").update(opened).update(pkcs12).digest("base64");
}
