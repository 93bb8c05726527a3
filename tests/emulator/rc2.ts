// RC2, the cipher of PKCS#12 files from OpenSSL 1 and older Windows: OpenSSL 3 keeps it in a provider that Node does not load.

export async function decryptRc2(key: Buffer, bits: number, iv: Buffer, data: Buffer): Promise<Buffer | undefined> {
  const { default: forge } = await import("node-forge"); // heavy, and rarely needed
  const cipher = forge.rc2.createDecryptionCipher(key.toString("latin1"), bits);
  cipher.start(iv.toString("latin1"));
  cipher.update(forge.util.createBuffer(data.toString("latin1")));
  if (!cipher.finish()) return undefined;
  return Buffer.from(cipher.output.getBytes(), "latin1");
}
