/**
 * The limits on key material and key files (DESIGN.md, "Security"): each is enforced before any work, and each test shows
 * what that cost. Keys that take long to load are in pkcs12.spec.ts and openpgp.spec.ts, hosts in hosts.spec.ts and
 * settings.spec.ts, the network in limitsNetwork.spec.ts.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, ftruncateSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { readPublicKey } from "../provider/keys/openpgp";
import { readPem } from "../provider/keys/pem";
import { readPkcs12 } from "../provider/keys/pkcs12";
import { KeyMaterialError } from "../provider/keys/problem";
import { readFleet } from "../sdk";
import { part } from "./fuzz/pkcs12Build";
import { measured } from "./measured";
import { mintAuthority, mintLeaf, mintPgpKey, type Leaf } from "./mint";
import { armor, long, packet, publicKey, rsaKey, TAGS, u32 } from "./pgpPackets";
import {
  bag,
  certificateBag,
  data,
  der,
  file,
  id,
  integer,
  keyBag,
  octets,
  pbkdf2,
  safe,
  sequence,
} from "./pkcs12File";
import { ADAPTERS, openSession, type Session } from "./sessions";
import { ALICE, NOW } from "./world";

const PASSWORD = "correct horse";
const BOMB = 2 ** 31;

async function refused(what: string, code: string, reading: () => Promise<unknown>): Promise<void> {
  await measured(what, () =>
    assert.rejects(reading, (error: unknown) => {
      assert.ok(error instanceof KeyMaterialError, String(error));
      assert.deepEqual([...new Set(error.problems.map((problem) => problem.code))], [code]);
      return true;
    }),
  );
}

describe("the limits", () => {
  let leaf: Leaf;
  before(async () => {
    leaf = await mintLeaf(await mintAuthority(), { emails: [ALICE] });
    // what is loaded once is no cost of a limit
    await readPkcs12(file(safe(keyBag(leaf.privateKeyPem), certificateBag(leaf.certificatePem))), undefined);
    await readPublicKey((await mintPgpKey()).publicKey, new Date(NOW));
  });

  describe("of a PKCS#12 file", () => {
    const pkcs12 = (what: string, code: string, bytes: Uint8Array): Promise<void> =>
      refused(what, code, () => readPkcs12(bytes, PASSWORD));
    const mac = (iterations: number): Buffer =>
      sequence(
        sequence(sequence(id("1.3.14.3.2.26"), [5, 0]), octets(Buffer.alloc(20))),
        octets(Buffer.alloc(8)),
        integer(iterations),
      );
    const aes = sequence(id("2.16.840.1.101.3.4.1.42"), octets(Buffer.alloc(16)));
    const pbes2 = (derivation: Buffer): Buffer => sequence(id("1.2.840.113549.1.5.13"), sequence(derivation, aes));
    const keyUnder = (derivation: Buffer): Buffer => bag(2, sequence(pbes2(derivation), octets(Buffer.alloc(16))));
    const key = (iterations: number): Buffer => keyUnder(pbkdf2(Buffer.alloc(8), iterations));
    const lockedBy = (derivation: Buffer): Buffer => {
      const info = sequence(id("1.2.840.113549.1.7.1"), pbes2(derivation), der(0x80, Buffer.alloc(16)));
      return sequence(id("1.2.840.113549.1.7.6"), der(0xa0, sequence(integer(0), info)));
    };
    const locked = (iterations: number): Buffer => lockedBy(pbkdf2(Buffer.alloc(8), iterations));
    const endless = sequence(octets(Buffer.alloc(8)), der(0x02, Buffer.alloc(20, 0x7f)));
    const scrypt = (cost: number, blockSize: number): Buffer =>
      sequence(
        id("1.3.6.1.4.1.11591.4.11"),
        sequence(octets(Buffer.alloc(8)), integer(cost), integer(blockSize), integer(1)),
      );
    const parts = (...all: Buffer[]): Buffer => file(sequence(...all));

    it("are a million iterations: in its check, its key, its parts, all together, and inside what is decrypted", async () => {
      const certificate = certificateBag(leaf.certificatePem);
      const many = "tooManyIterations";
      await pkcs12("2^31 iterations of the integrity check", many, file(safe(keyBag(leaf.privateKeyPem)), mac(BOMB)));
      await pkcs12("2^31 iterations of the key", many, file(safe(key(BOMB), certificate)));
      await pkcs12("2^31 iterations of a part", many, parts(locked(1), locked(BOMB)));
      await pkcs12("2^159 iterations", many, parts(lockedBy(sequence(id("1.2.840.113549.1.5.12"), endless))));
      await pkcs12(
        "500,000 iterations of the check and 500,001 of the key",
        many,
        file(safe(key(500_001), certificate), mac(500_000)),
      );
      await pkcs12(
        "500 parts of 2,001 iterations each",
        many,
        parts(...Array.from({ length: 500 }, () => locked(2_001))),
      );
      const inside = part("aes-256-cbc", sequence(key(BOMB), certificate), { password: PASSWORD, iterations: 1 });
      await pkcs12("2^31 iterations inside an encrypted part", many, parts(inside));
      await pkcs12(
        "scrypt of 2^20 blocks of 8",
        "unsupportedAlgorithm",
        file(safe(keyUnder(scrypt(2 ** 20, 8)), certificate)),
      );
      await pkcs12(
        "scrypt of 2^30 blocks of 1",
        "unsupportedAlgorithm",
        file(safe(keyUnder(scrypt(2 ** 30, 1)), certificate)),
      );
      await pkcs12("no iteration at all", "unreadable", file(safe(key(0)), mac(1)));
    });

    /** PKCS#12's own encryption makes key and IV of a SHA-1 each: 20 bytes a pass, and RC4 has no IV. */
    for (const [cipher, scheme, passes] of [
      ["RC4 of 128 bits", 1, 1],
      ["3DES of three keys", 3, 3],
      ["3DES of two keys", 4, 2],
      ["RC2 of 40 bits", 6, 2],
    ] as const)
      it(`count every pass of the iterations of ${cipher}, and take what makes a million in all`, async () => {
        const keyOf = (iterations: number): Buffer => {
          const parameters = sequence(octets(Buffer.alloc(8)), integer(iterations));
          const algorithm = sequence(id(`1.2.840.113549.1.12.1.${String(scheme)}`), parameters);
          return safe(bag(2, sequence(algorithm, octets(Buffer.alloc(16)))), certificateBag(leaf.certificatePem));
        };
        const most = Math.floor(999_999 / passes);
        const rest = 1_000_000 - most * passes;
        await pkcs12(
          `${String(most + 1)} iterations of the key`,
          "tooManyIterations",
          file(keyOf(most + 1), mac(rest)),
        );
        await pkcs12("one more of the check", "tooManyIterations", file(keyOf(most), mac(rest + 1)));
        await pkcs12("a million in all", "wrongPassword", file(keyOf(most), mac(rest)));
      });

    it("are a depth of 32, whether lengths are given or not, and bags in bags of 4", async () => {
      await pkcs12("30,000 levels of no length", "unreadable", Buffer.alloc(60_000, Buffer.from([0x30, 0x80])));
      const wide = Array.from({ length: 16_000 }, () => der(0x30));
      await pkcs12("16,000 empty elements side by side", "unreadable", sequence(...wide));
      const nested = Array.from({ length: 5_000 }).reduce<Buffer>(
        (inner) => (inner.length < 60_000 ? der(0x30, inner) : inner),
        Buffer.alloc(0),
      );
      await pkcs12("5,000 levels of a length", "unreadable", nested);
      const bags = Array.from({ length: 6 }).reduce<Buffer>(
        (inner) => bag(6, sequence(inner)),
        keyBag(leaf.privateKeyPem),
      );
      await pkcs12("bags in bags", "unreadable", parts(data(sequence(bags))));
    });

    it("are 64 KiB, ten certificates and one key", async () => {
      await pkcs12("64 KiB and a byte", "tooLarge", Buffer.alloc(64 * 1024 + 1));
      const eleven = Array.from({ length: 11 }, () => certificateBag(leaf.certificatePem));
      await pkcs12("eleven certificates", "tooManyCertificates", file(safe(...eleven)));
      const keys = Array.from({ length: 100 }, () => keyBag(leaf.privateKeyPem));
      await pkcs12("a hundred keys", "twoPrivateKeys", file(safe(...keys, certificateBag(leaf.certificatePem))));
    });
  });

  it("of PEM are 64 KiB and ten certificates", async () => {
    const { privateKeyPem: privateKey, certificatePem: certificate } = leaf;
    const huge = Buffer.alloc(112 * 2 ** 20, "-----BEGIN CERTIFICATE-----\n").toString("latin1");
    await refused("112 MB of BEGIN lines", "tooLarge", () => readPem({ privateKey, certificate, chain: huge }));
    const many = "-----BEGIN CERTIFICATE-----\n".repeat(2_000);
    await refused("2,000 blocks without an end", "unreadable", () => readPem({ privateKey, certificate, chain: many }));
    const eleven = certificate.repeat(11);
    await refused("eleven certificates in a chain", "tooManyCertificates", () =>
      readPem({ privateKey, certificate, chain: eleven }),
    );
  });

  it("of an OpenPGP key are 64 KiB, and the packets of one public key", async () => {
    const pgp = (what: string, code: string, text: string): Promise<void> =>
      refused(what, code, () => readPublicKey(text, new Date(NOW)));
    const key = publicKey(long(256), Buffer.from([1, 0, 1]), []);
    const bomb = packet(
      TAGS.compressed,
      Buffer.concat([Buffer.from([2]), deflateSync(Buffer.alloc(40 * 2 ** 20), { level: 9 })]),
    );
    await pgp("40 MB compressed to 40 KB", "unreadable", armor(bomb));
    await pgp("the same behind a key", "unreadable", armor(Buffer.concat([key, bomb])));
    await pgp("a literal of 45 KB", "unreadable", armor(packet(TAGS.literal, Buffer.alloc(45_000, 0x61))));
    const partial = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.from([0xe0, 0x61])));
    await pgp(
      "20,000 partial lengths",
      "unreadable",
      armor(Buffer.concat([Buffer.from([0xc0 | TAGS.literal]), partial])),
    );
    const lie = Buffer.concat([
      Buffer.from([0xc0 | TAGS.publicKey, 0xff]),
      u32(0xffffffff),
      rsaKey(long(256), long(3)),
    ]);
    await pgp("a packet that says 4 GB", "unreadable", armor(lie));
    const { privateKey } = await mintPgpKey();
    await pgp("a secret key in a public block", "secretKey", privateKey.replaceAll("PRIVATE", "PUBLIC"));
    await pgp("64 KiB and a byte", "tooLarge", "x".repeat(64 * 1024 + 1));
    await pgp("20,000 empty packets", "unreadable", armor(Buffer.alloc(40_000, Buffer.from([0xc0 | TAGS.userId, 0]))));
  });

  it("of a fleet's CSV are 16 MiB, lines of 64 KiB, and 200,000 rows", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mail-keys-"));
    const csv = join(folder, "mailboxes.csv");
    const full = (part: string): Buffer => Buffer.alloc(16 * 2 ** 20, part);
    const hostile: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
      "16 MiB and a byte": [Buffer.alloc(16 * 2 ** 20 + 1, "\n"), /is larger than 16 MiB/],
      "16 MiB of commas": [full(","), /line 1: the line is longer than 64 KiB/],
      "16 MiB within a quote": [full(`"${"x\n".repeat(1_000)}`), /line 1: a quote is not closed/],
      "8 million rows": [full("a\n"), /has more than 200000 rows/],
      "lines of 3,000 values": [
        full(`${"a,".repeat(3_000)}\n`),
        /line 20: .* 3001 values .*\nand \d+ more like these\./,
      ],
    };
    try {
      for (const [what, [bytes, reason]] of Object.entries(hostile)) {
        writeFileSync(csv, bytes);
        const reading = (): Promise<void> => Promise.resolve(assert.throws(() => readFleet(csv), reason));
        await measured(`a CSV of ${what}`, reading);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe("of a key file", () => {
    let folder: string;
    let sparse: string;
    let fifo: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), "mail-keys-"));
      [sparse, fifo] = [join(folder, "sparse.p12"), join(folder, "fifo.p12")];
      const handle = openSync(sparse, "w");
      ftruncateSync(handle, 2 ** 30);
      closeSync(handle);
      assert.equal(spawnSync("mkfifo", [fifo]).status, 0);
    });
    after(() => rmSync(folder, { recursive: true }));

    for (const adapter of ADAPTERS)
      it(`are that it is one, and has 64 KiB at most (${adapter})`, async () => {
        const session = await openSession[adapter]({
          config: {},
          environment: {},
          now: () => new Date(NOW),
          elapsed: () => 0,
          sleep: () => Promise.resolve(),
          fetch: () => Promise.reject(new Error("a preview asks nobody")),
          log: () => undefined,
        });
        try {
          await refusedFile(session, "a named pipe that nobody writes to", fifo, /is no regular file/);
          await refusedFile(session, "a folder", folder, /is no regular file/);
          await refusedFile(session, "/dev/zero", "/dev/zero", /is no regular file/);
          await refusedFile(session, "a file of 1 GB", sparse, /is larger than 64 KiB/);
        } finally {
          session.close();
        }
      });

    async function refusedFile(session: Session, what: string, path: string, reason: RegExp): Promise<void> {
      const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", path };
      for (const args of [{ pkcs12: asset }, { certificate: asset }]) {
        const checking = () => session.check("SmimeCertificate", {}, { userId: ALICE, ...args });
        const { failures } = await measured(`${what} as ${Object.keys(args).join("")}`, checking);
        assert.equal(failures.length, 1, JSON.stringify(failures));
        assert.match(failures[0]?.reason ?? "", reason);
      }
    }
  });
});
