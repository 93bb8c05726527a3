// The emulator's own PKCS#12 reader against files of other programs, and against rubbish.
import * as asn1js from "asn1js";
import assert from "node:assert/strict";
import { createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openPkcs12 } from "./emulator/pkcs12";
import { Pkcs12Error } from "./emulator/passwords";
import { Mint } from "./emulatorClient";
import { mintPkcs12 } from "./mint";

const mint = new Mint();
const fixture = (name: string) => readFile(join(__dirname, "fixtures", name));
const refusal = (reason: string) => (error: unknown) => error instanceof Pkcs12Error && error.reason === reason;

describe("emulator: PKCS#12 reader", () => {
  it("opens what OpenSSL and Java write, with the right password only", async () => {
    for (const [name, password, type] of [
      ["openssl-default.p12", "fixture", "rsa"],
      ["openssl-ec.p12", "fixture", "ec"],
      ["openssl-legacy.p12", "fixture", "ec"],
      ["openssl-nomac.p12", "fixture", "ec"],
      ["openssl-unicode.p12", "pässwörd€", "ec"],
      ["openssl-unicode-3des.p12", "pässwörd€", "ec"],
      ["openssl-empty.p12", "", "ec"],
      ["keytool.p12", "fixture", "ec"],
      ["keytool-legacy.p12", "fixture", "ec"],
    ] as const) {
      const bytes = await fixture(name);
      const { keys, certificates } = await openPkcs12(bytes, password);
      assert.deepEqual([keys.length, keys[0]?.asymmetricKeyType], [1, type], name);
      assert.ok(certificates.length >= 2, name);
      assert.ok(keys[0] && certificates.some((each) => keys[0] && each.checkPrivateKey(keys[0])), name);
      await assert.rejects(openPkcs12(bytes, "wrong"), refusal("password"), name);
    }
  });

  it("checks a PBMAC1 (RFC 9579), and refuses a short key in it", async () => {
    const plain = await mintPkcs12(await mint.leaf(), { password: "pässwörd" });
    assert.equal((await openPkcs12(withPbmac1(plain, "pässwörd", 32), "pässwörd")).keys.length, 1);
    await assert.rejects(openPkcs12(withPbmac1(plain, "other", 32), "pässwörd"), refusal("password"));
    await assert.rejects(openPkcs12(withPbmac1(plain, "pässwörd", 8), "pässwörd"), refusal("unreadable"));
  });

  it("refuses absurd iteration counts before it starts", async () => {
    const bytes = await mintPkcs12(await mint.leaf(), { iterations: 2048 });
    const count = Buffer.from("02020800", "hex"); // INTEGER 2048
    const at = bytes.lastIndexOf(count);
    const absurd = Buffer.concat([bytes.subarray(0, at), Buffer.from("02027fff", "hex"), bytes.subarray(at + 4)]);
    await assert.rejects(openPkcs12(absurd, ""), refusal("password"));
    const started = performance.now();
    await assert.rejects(openPkcs12(withPbmac1(bytes, "", 32, 2_000_000_000), ""), refusal("unreadable"));
    assert.ok(performance.now() - started < 5_000);
  });

  it("throws nothing but its own error, whatever the bytes", async () => {
    const good = await mintPkcs12(await mint.leaf(), { password: "x", iterations: 1 });
    let state = 42;
    const random = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % below;
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(good);
      for (let flips = 0; flips <= round % 4; flips++) bytes.writeUInt8(random(256), random(bytes.length));
      const cut = round % 5 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
      await openPkcs12(cut, "x").catch((error: unknown) => {
        assert.ok(error instanceof Pkcs12Error);
      });
    }
    await assert.rejects(openPkcs12(Buffer.alloc(100_000, 0x30), ""), refusal("unreadable"));
    await assert.rejects(openPkcs12(Buffer.alloc(0), ""), refusal("unreadable"));
  });
});

/** The same file with its MacData replaced; `stated` is the iteration count it claims. */
function withPbmac1(bytes: Buffer, password: string, keyLength: number, stated = 2048): Buffer {
  const { Sequence, ObjectIdentifier, OctetString, Integer, Null } = asn1js;
  const file = asn1js.fromBER(bytes).result as asn1js.Sequence;
  const authSafe = (file.valueBlock.value[1] as asn1js.Sequence).valueBlock.value[1] as asn1js.Constructed;
  const content = Buffer.from((authSafe.valueBlock.value[0] as asn1js.OctetString).getValue());
  const salt = randomBytes(16);
  const key = pbkdf2Sync(password, salt, 2048, keyLength, "sha256");
  const digest = createHmac("sha256", key).update(content).digest();
  const oid = (value: string) => new ObjectIdentifier({ value });
  const octets = (value: Buffer) => new OctetString({ valueHex: Uint8Array.from(value).buffer });
  const hmac = () => new Sequence({ value: [oid("1.2.840.113549.2.9"), new Null()] });
  const numbers = [stated, keyLength].map((value) => new Integer({ value }));
  const kdfParameters = new Sequence({ value: [octets(salt), ...numbers, hmac()] });
  const kdf = new Sequence({ value: [oid("1.2.840.113549.1.5.12"), kdfParameters] });
  const parameters = new Sequence({ value: [kdf, hmac()] });
  const algorithm = new Sequence({ value: [oid("1.2.840.113549.1.5.14"), parameters] });
  const digestInfo = new Sequence({ value: [algorithm, octets(digest)] });
  file.valueBlock.value[2] = new Sequence({ value: [digestInfo, octets(Buffer.from("NOT USED"))] });
  return Buffer.from(file.toBER());
}
