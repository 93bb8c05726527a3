// Finds a secret in whatever was written: in plain, escaped, hex, base64 and base64url, at any place inside a longer encoded
// text, and as Node.js shows bytes.

/** Texts of which each would betray the secret. */
export function tracesOf(secret: string | Uint8Array): string[] {
  return [...new Set(Object.values(formsOf(secret)).flat())];
}

/** By the name of the encoding. */
function formsOf(secret: string | Uint8Array): Record<string, string[]> {
  const bytes = Buffer.from(secret as Uint8Array);
  const hex = bytes.toString("hex");
  // Base64 packs three bytes at a time, so what it shows depends on where in the packing the secret begins.
  const packed = [0, 1, 2].map((skipped) => {
    const whole = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3));
    return whole.toString("base64");
  });
  return {
    ...(typeof secret === "string" && {
      plain: [secret],
      "JSON-escaped": [JSON.stringify(secret).slice(1, -1)],
      "URL-encoded": [encodeURIComponent(secret), new URLSearchParams([["", secret]]).toString().slice(1)],
    }),
    hex: [hex, hex.toUpperCase()],
    base64: packed,
    base64url: packed.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    // <Buffer 30 82 …>, {"type":"Buffer","data":[48,130,…]}, Uint8Array(9) [ 48, 130, … ]
    bytes: [hex.replace(/..(?!$)/g, "$& "), bytes.join(","), bytes.join(", ")],
  };
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

/** Of anything that begins with these characters, such as every token of an issuer: only forms that show just those. */
export function tracesOfPrefix(text: string): string[] {
  const whole = Buffer.from(text);
  const packed = whole.subarray(0, whole.length - (whole.length % 3)).toString("base64");
  return [text, packed, packed.replaceAll("+", "-").replaceAll("/", "_"), whole.toString("hex")];
}

/** Which of the named secrets show in any of the texts, in the order of the names. */
export function leaks(traces: Readonly<Record<string, readonly string[]>>, texts: readonly string[]): string[] {
  return Object.keys(traces).filter((name) =>
    traces[name]?.some((trace) => texts.some((text) => text.includes(trace))),
  );
}
