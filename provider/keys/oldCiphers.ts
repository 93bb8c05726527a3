// RC2 and RC4, which today's OpenSSL leaves out but PKCS#12 files of Windows, Java and old OpenSSL still use.
import { createBuffer, rc2 } from "./forge";

/** RC2 in CBC mode. `bits` is the effective key length, which may be less than the key's own. */
export function decryptRc2(key: Buffer, iv: Buffer, data: Buffer, bits: number): Buffer {
  const cipher = rc2().createDecryptionCipher(key.toString("latin1"), bits);
  cipher.start(iv.toString("latin1"));
  cipher.update(createBuffer(data.toString("latin1")));
  if (!cipher.finish()) throw new Error("padding");
  return Buffer.from(cipher.output.getBytes(), "latin1");
}

/** RC4, a stream: it has no padding that could tell a wrong key. */
export function decryptRc4(key: Buffer, data: Buffer): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number): number => state[index & 0xff] ?? 0;
  const swap = (one: number, other: number): void => {
    const kept = at(one);
    state[one] = at(other);
    state[other] = kept;
  };
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 0xff;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  return Buffer.from(
    data.map((byte) => {
      i = (i + 1) & 0xff;
      j = (j + at(i)) & 0xff;
      swap(i, j);
      return byte ^ at(at(i) + at(j));
    }),
  );
}
