// PKCS#12 files and PEM texts: what opens, what does not and why, and that nothing hostile costs much or leaks.
import assert from "node:assert/strict";
import { createHmac, createPrivateKey, generateKeyPairSync, pbkdf2Sync, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import forge from "node-forge";
import { readCertificates, readPem, writePkcs12 } from "../provider/keys/pem";
import { decodeBase64, readPkcs12, type KeyBundle } from "../provider/keys/pkcs12";
import { KeyMaterialError, type KeyProblem } from "../provider/keys/problem";
import { mintAuthority, mintIntermediate, mintLeaf, mintPkcs12, type Authority, type Leaf } from "./mint";
import {
  bag,
  body,
  certificateBag,
  der,
  file,
  id,
  integer,
  keyBag,
  octets,
  oid,
  pbkdf2,
  safe,
  sequence,
} from "./pkcs12File";

const PASSWORD = "correct horse";

const fixture = (name: string): Buffer => readFileSync(join(__dirname, "fixtures", name));
const fingerprint = (bundle: KeyBundle): string => bundle.leaf.fingerprint256.replaceAll(":", "");
const names = (bundle: KeyBundle): string[] => bundle.chain.map(({ subject }) => /CN=(.*)/.exec(subject)?.[1] ?? "");

async function problemsOf(reading: Promise<unknown>): Promise<readonly KeyProblem[]> {
  const error: unknown = await reading.then(
    () => assert.fail("was read"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KeyMaterialError, `${String(error)} is no KeyMaterialError`);
  for (const { field, reason } of error.problems) assert.ok(reason.startsWith(`${field}: `), reason);
  return error.problems;
}

async function assertProblem(reading: Promise<unknown>, field: string, code: string): Promise<void> {
  const problems = await problemsOf(reading);
  assert.deepEqual(
    problems.map((problem) => `${problem.field} ${problem.code}`),
    [`${field} ${code}`],
  );
}

describe("a PKCS#12 file", () => {
  let authority: Authority;
  let leaf: Leaf;
  let typical: Buffer;

  before(async () => {
    authority = await mintAuthority();
    leaf = await mintLeaf(authority, { emails: ["alice@example.com"] });
    typical = await mintPkcs12(leaf, { password: PASSWORD });
  });

  describe("of another producer", () => {
    const passwords: Record<string, string> = {
      "openssl-unicode.p12": "pässwörd€",
      "openssl-unicode-3des.p12": "pässwörd€",
      "openssl-empty.p12": "",
    };
    const files = [
      "default",
      "ec",
      "legacy",
      "rc2-rc4",
      "des",
      "camellia-aria",
      "sha3",
      "nomac",
      "clear",
      "unicode",
      "unicode-3des",
      "empty",
    ];
    for (const name of [...files.map((kind) => `openssl-${kind}.p12`), "keytool.p12", "keytool-legacy.p12"]) {
      it(`opens: ${name}`, async () => {
        const bundle = await readPkcs12(fixture(name), passwords[name] ?? "fixture");
        assert.equal(bundle.leaf.subject, "CN=alice@example.com");
        assert.ok(bundle.leaf.checkPrivateKey(bundle.privateKey));
        assert.deepEqual(names(bundle), ["Fixture Issuing CA"]);
      });

      it(`is told from one with another password: ${name}`, async () => {
        await assertProblem(readPkcs12(fixture(name), "another"), "password", "wrongPassword");
      });
    }

    it("opens without a password, whether the exporter wrote none or an empty one", async () => {
      const empty = await readPkcs12(fixture("openssl-empty.p12"), undefined);
      assert.equal(empty.leaf.subject, "CN=alice@example.com");
      const content = safe(keyBag(leaf.privateKeyPem), certificateBag(leaf.certificatePem));
      for (const written of [null, ""]) {
        const salt = Buffer.from("a salt of the test");
        // node-forge as the writer: in its key derivation null and "" differ, as RFC 7292 has it.
        const key = forge.pkcs12.generateKey(written, forge.util.createBuffer(salt), 3, 2048, 20);
        const digest = createHmac("sha1", Buffer.from(key.getBytes(), "latin1")).update(content).digest();
        const sha1 = sequence(id("1.3.14.3.2.26"), [5, 0]);
        const bytes = file(content, sequence(sequence(sha1, octets(digest)), octets(salt), integer(2048)));
        for (const password of [undefined, ""]) {
          assert.equal(fingerprint(await readPkcs12(bytes, password)), leaf.fingerprint);
        }
        await assertProblem(readPkcs12(bytes, "another"), "password", "wrongPassword");
      }
    });
  });

  for (const keyKind of ["RSA-2048", "RSA-3072", "P-256", "P-384", "P-521", "Ed25519"] as const) {
    it(`opens with a key of kind ${keyKind}`, async () => {
      const made = await mintLeaf(authority, { emails: ["alice@example.com"], keyKind });
      const bundle = await readPkcs12(await mintPkcs12(made, { password: PASSWORD }), PASSWORD);
      assert.equal(fingerprint(bundle), made.fingerprint);
      assert.equal(
        bundle.privateKey.export({ type: "pkcs8", format: "pem" }),
        createPrivateKey(made.privateKeyPem).export({ type: "pkcs8", format: "pem" }),
      );
    });
  }

  it("opens with the key under scrypt", async () => {
    const certificate = (await readPkcs12(fixture("openssl-ec.p12"), "fixture")).leaf.toString();
    const bytes = file(safe(bag(2, fixture("openssl-scrypt.p8")), certificateBag(certificate)));
    assert.equal((await readPkcs12(bytes, "fixture")).leaf.subject, "CN=alice@example.com");
    await assertProblem(readPkcs12(bytes, "another"), "password", "wrongPassword");
  });

  it("opens with PBMAC1 as its integrity check", async () => {
    const content = safe(keyBag(leaf.privateKeyPem), certificateBag(leaf.certificatePem));
    const bytes = file(content, pbmac1(content, 32));
    assert.equal(fingerprint(await readPkcs12(bytes, PASSWORD)), leaf.fingerprint);
    await assertProblem(readPkcs12(bytes, "another"), "password", "wrongPassword");
    await assertProblem(readPkcs12(file(content, pbmac1(content, 4096)), PASSWORD), "pkcs12", "unsupportedAlgorithm");
  });

  function pbmac1(content: Buffer, keyBytes: number): Buffer {
    const salt = Buffer.from("a salt of the test");
    const sha512 = sequence(id("1.2.840.113549.2.11"), [5, 0]);
    const key = pbkdf2Sync(PASSWORD, salt, 1000, keyBytes, "sha512");
    const algorithm = sequence(pbkdf2(salt, 1000, integer(keyBytes), sha512), sha512);
    const digest = createHmac("sha512", key).update(content).digest();
    return sequence(
      sequence(sequence(id("1.2.840.113549.1.5.14"), algorithm), octets(digest)),
      octets(Buffer.from("unused")),
      integer(1),
    );
  }

  it("opens with indefinite lengths and its content in pieces, as Windows and Java write it", async () => {
    const content = safe(keyBag(leaf.privateKeyPem), certificateBag(leaf.certificatePem));
    const open = (tag: number, ...parts: Buffer[]): Buffer =>
      Buffer.concat([Buffer.from([tag, 0x80]), ...parts, Buffer.alloc(2)]);
    const pieces = open(0x24, octets(content.subarray(0, 100)), octets(content.subarray(100)));
    const bytes = open(0x30, integer(3), open(0x30, id("1.2.840.113549.1.7.1"), open(0xa0, pieces)));
    assert.equal(fingerprint(await readPkcs12(bytes, undefined)), leaf.fingerprint);
  });

  it("opens with bytes after its end", async () => {
    assert.equal(
      fingerprint(await readPkcs12(Buffer.concat([typical, Buffer.from("\r\n")]), PASSWORD)),
      leaf.fingerprint,
    );
  });

  it("gives the chain in issuer order, without its root and without strangers", async () => {
    const middle = await mintIntermediate(authority.root, { commonName: "Middle", pathLength: 1 });
    const issuing = await mintIntermediate(middle, { commonName: "Issuing" });
    const made = await mintLeaf({ ...authority, intermediate: issuing }, { emails: ["alice@example.com"] });
    const stranger = await mintAuthority({ name: "Stranger" });
    const pem = (der: ArrayBuffer): string => new X509Certificate(Buffer.from(der)).toString();
    const chainPem = [
      authority.rootPem,
      stranger.intermediatePem,
      pem(middle.certificate.rawData),
      pem(issuing.certificate.rawData),
    ].join("\n");
    const bundle = await readPkcs12(await mintPkcs12(made, { password: PASSWORD, chainPem }), PASSWORD);
    assert.equal(fingerprint(bundle), made.fingerprint);
    assert.deepEqual(names(bundle), ["Issuing", "Middle"]);
  });

  describe("that cannot be used", () => {
    const failing = (options: Parameters<typeof mintPkcs12>[1]): Promise<KeyBundle> =>
      mintPkcs12(leaf, { password: PASSWORD, ...options }).then((bytes) => readPkcs12(bytes, PASSWORD));

    it("names a missing password, a wrong one and an unknown algorithm apart", async () => {
      await assertProblem(readPkcs12(typical, "another"), "password", "wrongPassword");
      const [missing] = await problemsOf(readPkcs12(typical, undefined));
      assert.match(missing?.reason ?? "", /^password: is missing/);
      const oidAt = typical.indexOf(oid("2.16.840.1.101.3.4.1.42"));
      const unknown = Buffer.from(typical);
      unknown[oidAt + 8] = 99;
      await assertProblem(readPkcs12(unknown, PASSWORD), "pkcs12", "unsupportedAlgorithm");
    });

    it("has no key", () => assertProblem(failing({ privateKeyPem: null }), "pkcs12", "noPrivateKey"));
    it("has two keys", () => assertProblem(failing({ extraKeyPem: leaf.privateKeyPem }), "pkcs12", "twoPrivateKeys"));
    it("has no certificate", () =>
      assertProblem(failing({ certificatePem: null, chainPem: "" }), "pkcs12", "noCertificate"));
    it("has no certificate of its key", () =>
      assertProblem(failing({ certificatePem: null }), "pkcs12", "certificateDoesNotMatch"));
    it("is empty, cut off or another kind of file", async () => {
      const junk = [
        Buffer.alloc(0),
        typical.subarray(0, 700),
        Buffer.from(leaf.certificatePem),
        body(leaf.certificatePem),
        body(leaf.privateKeyPem),
      ];
      for (const bytes of junk) await assertProblem(readPkcs12(bytes, PASSWORD), "pkcs12", "unreadable");
    });

    it("has two certificates for one key", async () => {
      const renewed = await mintLeaf(authority, { emails: ["alice@example.com"], privateKeyPem: leaf.privateKeyPem });
      await assertProblem(failing({ chainPem: leaf.chainPem + renewed.certificatePem }), "pkcs12", "twoLeaves");
    });

    it("has a key under another password than the file", async () => {
      const key = createPrivateKey(leaf.privateKeyPem).export({
        type: "pkcs8",
        format: "der",
        cipher: "aes-256-cbc",
        passphrase: "another",
      });
      const content = safe(bag(2, key), certificateBag(leaf.certificatePem));
      const bytes = file(content, pbmac1(content, 32));
      await assertProblem(readPkcs12(bytes, PASSWORD), "password", "wrongKeyPassword");
    });
  });

  it("never gives anything but a key or a KeyMaterialError, whatever the bytes (500 seeded cases)", async () => {
    const random = seeded(20261122);
    const cheap = await mintPkcs12(leaf, { password: PASSWORD, iterations: 1 });
    const clear = file(safe(keyBag(leaf.privateKeyPem), certificateBag(leaf.certificatePem)));
    const sources = [cheap, clear, fixture("openssl-nomac.p12"), fixture("openssl-legacy.p12")];
    for (let round = 0; round < 500; round++) {
      const bytes = Buffer.from(sources[round % 4] ?? cheap);
      if (round % 5 === 4) bytes.fill(0).forEach((_, at) => (bytes[at] = Math.floor(random() * 256)));
      for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      await readPkcs12(
        bytes.subarray(0, random() < 0.1 ? Math.floor(random() * bytes.length) : bytes.length),
        PASSWORD,
      ).catch((error: unknown) => {
        assert.ok(error instanceof KeyMaterialError, `case ${round}: ${String(error)}`);
        assert.ok(!error.message.includes(PASSWORD));
      });
    }
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator: enough for cases that repeat
    return state / 2 ** 32;
  };
}

describe("base64", () => {
  it("is read in both alphabets, padded or not, with white space", () => {
    const bytes = Buffer.from([0xfb, 0xff, 0xfe, 0x01]);
    for (const text of ["+//+AQ==", "-__-AQ==", "+//+AQ", "-__-AQ", " +//+\r\nAQ=\t= "]) {
      assert.deepEqual(Buffer.from(decodeBase64(text) ?? []), bytes, text);
    }
    assert.equal(decodeBase64("")?.length, 0);
  });

  it("is undefined for anything else", () => {
    for (const text of ["+__+AQ==", "AQ=", "A", "AAAAA", "A=QQ", "AQ===", "=", "hello world!"]) {
      assert.equal(decodeBase64(text), undefined, text);
    }
  });
});

describe("PEM", () => {
  let authority: Authority;
  let leaf: Leaf;

  before(async () => {
    authority = await mintAuthority();
    leaf = await mintLeaf(authority, { emails: ["alice@example.com"], keyKind: "RSA-2048" });
  });

  it("gives the same whether the chain is apart or follows the leaf, in any line ends", async () => {
    const { privateKeyPem: privateKey, certificatePem, chainPem } = leaf;
    const apart = await readPem({ privateKey, certificate: certificatePem, chain: chainPem + authority.rootPem });
    const together = await readPem({
      privateKey,
      certificate: (certificatePem + chainPem).replaceAll("\n", "\r\n"),
      chain: "",
    });
    for (const bundle of [apart, together]) {
      assert.equal(fingerprint(bundle), leaf.fingerprint);
      assert.deepEqual(names(bundle), ["Example S/MIME Issuing CA"]);
    }
  });

  it("takes keys in PKCS#8, PKCS#1 and SEC1", async () => {
    const key = createPrivateKey(leaf.privateKeyPem);
    const pkcs1 = key.export({ type: "pkcs1", format: "pem" }).toString();
    assert.equal(fingerprint(await readPem({ privateKey: pkcs1, certificate: leaf.certificatePem })), leaf.fingerprint);
    const ec = await mintLeaf(authority, { emails: ["alice@example.com"] });
    const sec1 = createPrivateKey(ec.privateKeyPem).export({ type: "sec1", format: "pem" }).toString();
    const withParameters = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`;
    assert.equal(
      fingerprint(await readPem({ privateKey: withParameters, certificate: ec.certificatePem })),
      ec.fingerprint,
    );
  });

  it("tells everything that is wrong at once", async () => {
    const problems = await problemsOf(
      readPem({ privateKey: "none", certificate: leaf.privateKeyPem, chain: "-----BEGIN CERTIFICATE-----" }),
    );
    assert.deepEqual(
      problems.map(({ field, code }) => `${field} ${code}`),
      ["privateKey noPrivateKey", "certificate privateKeyInCertificate", "chain unreadable"],
    );
  });

  it("names the remedy for an encrypted key", async () => {
    const key = createPrivateKey(leaf.privateKeyPem);
    const cipher = { cipher: "aes-256-cbc", passphrase: "x" };
    for (const type of ["pkcs8", "pkcs1"] as const) {
      const privateKey = key.export({ type, format: "pem", ...cipher }).toString();
      const [problem] = await problemsOf(readPem({ privateKey, certificate: leaf.certificatePem }));
      assert.match(problem?.reason ?? "", /^privateKey: is encrypted.*openssl pkey/);
    }
  });

  it("refuses a key that does not match, two keys, another kind of file and too much of it", async () => {
    const { privateKeyPem: privateKey, certificatePem: certificate } = leaf;
    const other = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await assertProblem(readPem({ privateKey: other, certificate }), "certificate", "certificateDoesNotMatch");
    await assertProblem(readPem({ privateKey: privateKey + other, certificate }), "privateKey", "twoPrivateKeys");
    await assertProblem(
      readPem({ privateKey, certificate: certificate.replaceAll("CERTIFICATE", "PKCS7") }),
      "certificate",
      "unsupported",
    );
    await assertProblem(readPem({ privateKey, certificate: "x".repeat(65 * 1024) }), "certificate", "tooLarge");
    await assertProblem(
      readPem({ privateKey, certificate: certificate.repeat(6), chain: certificate.repeat(6) }),
      "chain",
      "tooManyCertificates",
    );
    assert.throws(() => readCertificates(certificate.repeat(11)), KeyMaterialError);
    assert.equal(readCertificates(certificate + leaf.chainPem).length, 2);
  });

  it("refuses a DSA key at once: to load one of any size OpenSSL computes for minutes", async () => {
    const long = (size: number): Buffer => der(0x02, [0], Buffer.alloc(size, 0xff));
    const parameters = sequence(long(8000), long(32), long(32));
    const pkcs8 = sequence(integer(0), sequence(id("1.2.840.10040.4.1"), parameters), octets(long(2000)));
    const pem = (label: string): string =>
      `-----BEGIN ${label}-----\n${pkcs8.toString("base64")}\n-----END ${label}-----\n`;
    const start = performance.now();
    for (const label of ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]) {
      const reading = readPem({ privateKey: pem(label), certificate: leaf.certificatePem });
      await assertProblem(reading, "privateKey", "unreadable");
    }
    const bytes = file(safe(bag(1, pkcs8), certificateBag(leaf.certificatePem)));
    await assertProblem(readPkcs12(bytes, PASSWORD), "pkcs12", "unreadablePrivateKey");
    assert.ok(performance.now() - start < 10_000, "it was computed");
  });

  it("becomes a PKCS#12 file that OpenSSL opens and that we read back, for RSA and EC", async () => {
    for (const keyKind of ["RSA-2048", "P-256", "P-384"] as const) {
      const made = await mintLeaf(authority, { emails: ["alice@example.com"], keyKind });
      const bundle = await readPem({
        privateKey: made.privateKeyPem,
        certificate: made.certificatePem,
        chain: made.chainPem,
      });
      for (const password of [PASSWORD, "pässwörd€", ""]) {
        const bytes = await writePkcs12(bundle, password);
        createSecureContext({ pfx: Buffer.from(bytes), passphrase: password });
        assert.throws(() => createSecureContext({ pfx: Buffer.from(bytes), passphrase: "another" }));
        const again = await readPkcs12(bytes, password);
        assert.equal(fingerprint(again), made.fingerprint);
        assert.deepEqual(names(again), names(bundle));
      }
    }
  });
});
