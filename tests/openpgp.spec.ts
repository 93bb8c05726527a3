// OpenPGP public keys for mailbox exports: which are taken, and why the others are not.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readPublicKey } from "../provider/keys/openpgp";
import { KeyMaterialError } from "../provider/keys/problem";
import { mintPgpKey } from "./mint";
import { armor as armorOf, long, publicKey } from "./pgpPackets";

const NOW = new Date("2026-11-22T00:00:00Z");
const fixture = (name: string): string => readFileSync(join(__dirname, "fixtures", name), "utf8");

async function assertRefused(text: string, code: string, reason = /./, now = NOW): Promise<void> {
  await assert.rejects(readPublicKey(text, now), (error: unknown) => {
    assert.ok(error instanceof KeyMaterialError, String(error));
    assert.deepEqual(
      error.problems.map((problem) => `${problem.field} ${problem.code}`),
      [`publicKey ${code}`],
    );
    assert.match(error.message, /^publicKey: /);
    assert.match(error.message, reason);
    return true;
  });
}

describe("an OpenPGP key", () => {
  let key: Awaited<ReturnType<typeof mintPgpKey>>;

  before(async () => {
    key = await mintPgpKey({ expiresInSeconds: 365 * 24 * 3600 });
  });

  it("tells its facts", async () => {
    const { packetsSha256, armored, ...facts } = await readPublicKey(key.publicKey, NOW);
    assert.match(packetsSha256, /^[0-9A-F]{64}$/);
    assert.equal(armored, key.publicKey.replaceAll("\r\n", "\n").trim());
    assert.deepEqual(facts, {
      fingerprint: key.fingerprint,
      keyId: key.fingerprint.slice(-16),
      userIds: ["Mail Audit <audit@example.com>"],
      algorithm: "RSA",
      bits: 2048,
      created: "2026-06-01T00:00:00Z",
      expires: "2027-06-01T00:00:00Z",
    });
  });

  it("is the same key whatever its armor looks like", async () => {
    const plain = await readPublicKey(key.publicKey, NOW);
    const lines = plain.armored.split("\n");
    const versioned = [lines[0], "Version: GnuPG v1.4.10 (GNU/Linux)", ...lines.slice(1)].join("\r\n");
    const bare = lines.filter((line) => !/^=.{4}$/.test(line)).join("\n"); // RFC 9580 makes the checksum optional
    for (const text of [versioned, bare, `A key:\n\n${plain.armored}\n\nend\n`]) {
      assert.equal((await readPublicKey(text, NOW)).packetsSha256, plain.packetsSha256);
    }
    assert.equal((await readPublicKey(`\n${plain.armored}  \r\n`, NOW)).armored, plain.armored);
  });

  it("of GnuPG is taken with a subkey, and as Google's steps make it: one key that encrypts", async () => {
    const withSubkey = await readPublicKey(fixture("gpg-rsa.asc"), NOW);
    assert.equal(withSubkey.expires, "2027-06-01T00:00:00Z", "the subkey's, for exports stop working then");
    const primary = await readPublicKey(fixture("gpg-rsa-primary.asc"), NOW);
    assert.deepEqual([primary.bits, primary.expires], [2048, undefined]);
  });

  it("of today's GnuPG default is refused", () => assertRefused(fixture("gpg-modern.asc"), "notRsa", /RSA/));
  it("that is revoked is refused", () => assertRefused(fixture("gpg-revoked.asc"), "revoked"));
  it("of the openpgp library's default is refused", async () =>
    assertRefused((await mintPgpKey({ type: "ecc" })).publicKey, "notRsa"));
  it("that only signs is refused", async () =>
    assertRefused((await mintPgpKey({ signOnly: true })).publicKey, "cannotEncrypt"));

  it("as Google's own page prints it is refused as damaged, with or without its checksum", async () => {
    await assertRefused(fixture("google-sample.asc"), "unreadable", /is damaged/);
    await assertRefused(fixture("google-sample.asc").replace("=STHr\n", ""), "unreadable", /is damaged/);
  });

  it("that is secret is refused, and nothing of it is repeated", async () => {
    await assertRefused(key.privateKey, "secretKey", /gpg --armor --export/);
    await assertRefused(key.publicKey + key.privateKey, "secretKey");
    await assertRefused(key.privateKey.replaceAll("PRIVATE", "PUBLIC"), "secretKey");
  });

  it("must be one, with one user id", async () => {
    await assertRefused(key.publicKey + key.publicKey, "severalKeys");
    const bodies = [key, await mintPgpKey()].map(({ publicKey }) =>
      (/\n\r?\n([^=-]*)/.exec(publicKey)?.[1] ?? "").replace(/\s/g, ""),
    );
    const both = Buffer.concat(bodies.map((body) => Buffer.from(body, "base64"))).toString("base64");
    await assertRefused(armor(both), "severalKeys");
    const userIds = [{ email: "a@example.com" }, { email: "b@example.com" }];
    await assertRefused((await mintPgpKey({ userIds })).publicKey, "severalUserIds", /has 2 user ids/);
  });

  const armor = (base64: string): string =>
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${base64}\n-----END PGP PUBLIC KEY BLOCK-----\n`;

  it("must be valid now", async () => {
    await assertRefused(key.publicKey, "expired", /expired at 2027-06-01T00:00:00Z/, new Date("2027-06-01T00:00:00Z"));
    await assertRefused(key.publicKey, "notYetValid", /2026-06-01/, new Date("2026-05-01T00:00:00Z"));
    await assertRefused(fixture("gpg-rsa.asc"), "cannotEncrypt", /./, new Date("2027-07-01T00:00:00Z")); // its subkey has expired
  });

  it("must be whole, US-ASCII, armored and not too long", async () => {
    const lines = key.publicKey.split("\n");
    await assertRefused([...lines.slice(0, 5), ...lines.slice(7)].join("\n"), "unreadable");
    await assertRefused(lines.slice(0, -3).join("\n"), "unreadable");
    await assertRefused(key.publicKey.replace("\n", "\nComment: Schlüssel\n"), "notAscii", /line 2/);
    await assertRefused("mQENBErWaD4BCACt2ngfs6", "notArmored");
    await assertRefused("", "notArmored");
    await assertRefused("x".repeat(64 * 1024 + 1), "tooLarge");
    await assertRefused(key.publicKey.replaceAll("PUBLIC KEY BLOCK", "MESSAGE"), "notPublicKey");
  });

  it("must have numbers and packets that are checked at once: openpgp computes with any, for minutes", async () => {
    const start = performance.now();
    await assertRefused(armorOf(publicKey(long(4096), long(4000), [long(4090, 0x7f)])), "keyTooLong", /8192 bits/);
    await assertRefused(armorOf(publicKey(long(512), long(512), [long(511)])), "keyTooLong", /exponent/);
    const signatures = Array.from({ length: 99 }, () => long(20));
    await assertRefused(armorOf(publicKey(long(1024), long(3), signatures)), "tooManyPackets", /export-minimal/);
    assert.ok(performance.now() - start < 10_000, "it was computed");
  });

  it("gives a key or a KeyMaterialError, whatever the text", async () => {
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % below;
    };
    const base = Buffer.from((/\n\r?\n([^=-]*)/.exec(key.publicKey)?.[1] ?? "").replace(/\s/g, ""), "base64");
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(base);
      for (let flips = 0; flips < 3; flips++) bytes[random(bytes.length)] = random(256);
      await readPublicKey(armor(bytes.toString("base64")), NOW).catch((error: unknown) => {
        assert.ok(error instanceof KeyMaterialError, `case ${round}: ${String(error)}`);
      });
    }
  });
});
