// Finds a secret in whatever was written: in plain, hex, base64 and base64url, at any place inside a longer encoded text.

/** Texts of which each would betray the secret. */
export function tracesOf(secret: string | Uint8Array): string[] {
  const bytes = Buffer.from(secret as Uint8Array);
  const plain = typeof secret === "string" ? [secret, encodeURIComponent(secret)] : [];
  const hex = bytes.toString("hex");
  // Base64 packs three bytes at a time, so what it shows depends on where in the packing the secret begins.
  const packed = [0, 1, 2].map((skipped) => {
    const whole = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3));
    return whole.toString("base64");
  });
  const urlSafe = packed.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([...plain, hex, hex.toUpperCase(), ...packed, ...urlSafe])];
}

/** Of a file, several parts: a leak of only some of its bytes is one too. The first bytes are alike in all such files. */
export function tracesOfFile(bytes: Uint8Array): string[] {
  const quarters = [0.2, 0.4, 0.6, 0.8].map((part) => Math.floor(bytes.length * part));
  return quarters.flatMap((start) => tracesOf(bytes.subarray(start, start + 30)));
}

/** Of a private key, its bytes and the lines of its PEM: the second half, for the first of an RSA key is public. */
export function tracesOfPem(pem: string): string[] {
  const lines = pem.split("\n").filter((line) => /^[\w+/]{64}$/.test(line));
  const bytes = Buffer.from(lines.join(""), "base64");
  return [...lines.slice(lines.length / 2), ...tracesOfFile(bytes.subarray(bytes.length / 2))];
}

/** Of an OpenPGP private key, its lines and its bytes. */
export function tracesOfArmor(armor: string): string[] {
  const lines = armor.split(/\r?\n/).filter((line) => /^[\w+/]{60,64}$/.test(line));
  return [...lines, ...tracesOfFile(Buffer.from(lines.join(""), "base64"))];
}
