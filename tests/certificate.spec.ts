// Certificates: what they say, what Gmail would refuse, and when they are due. The clock is always handed in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { certificateFacts, certificateFindings, expiryFindings, renewalDueAt } from "../provider/keys/certificate";
import type { Finding } from "../provider/keys/problem";
import { readPkcs12 } from "../provider/keys/pkcs12";
import {
  KeyUsageFlags,
  mintAuthority,
  mintIntermediate,
  mintLeaf,
  type Authority,
  type KeyKind,
  type LeafOptions,
} from "./mint";

const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const codes = (findings: Finding[], severity: Finding["severity"]): string[] =>
  findings.filter((finding) => finding.severity === severity).map(({ code }) => code);

describe("a certificate", () => {
  let authority: Authority;
  let intermediate: X509Certificate;

  before(async () => {
    authority = await mintAuthority();
    intermediate = new X509Certificate(authority.intermediatePem);
  });

  async function minted(options: Partial<LeafOptions> = {}): Promise<X509Certificate> {
    return new X509Certificate(
      (await mintLeaf(authority, { emails: ["alice@example.com"], ...options })).certificatePem,
    );
  }

  async function findings(options: Partial<LeafOptions>, chain = [intermediate]): Promise<Finding[]> {
    return certificateFindings(await minted(options), chain, "alice@example.com");
  }

  it("tells its facts", async () => {
    const leaf = await mintLeaf(authority, {
      emails: ["Alice@Example.com", "sales@example.com", "alice@example.com"],
      commonName: "Alice Ämann",
      subjectEmail: "other@example.com",
    });
    const { serialNumber, ...facts } = certificateFacts(new X509Certificate(leaf.certificatePem));
    assert.match(serialNumber, /^[0-9A-F]{32}$/);
    assert.deepEqual(facts, {
      fingerprint: leaf.fingerprint,
      subject: "CN=Alice Ämann, emailAddress=other@example.com",
      issuerCn: "Example S/MIME Issuing CA",
      emails: ["alice@example.com", "sales@example.com", "other@example.com"],
      notBefore: "2026-06-01T00:00:00Z",
      expiration: "2027-11-01T00:00:00Z",
    });
  });

  it("shows no control character of its names: a terminal would obey it", async () => {
    const facts = certificateFacts(await minted({ emails: ["a\u001b[2J@example.com"], commonName: "A\u001b[2J" }));
    assert.deepEqual(facts.emails, ["a\ufffd[2j@example.com"]);
    assert.equal(facts.subject, "CN=A\\1B[2J");
  });

  it("takes its addresses from its subject too", async () => {
    const leaf = await minted({ emails: [], subjectEmail: "Alice@example.com", commonName: "Alice" });
    assert.deepEqual(certificateFacts(leaf).emails, ["alice@example.com"]);
    assert.deepEqual(codes(certificateFindings(leaf, [intermediate], "alice@example.com"), "error"), []);
  });

  for (const keyKind of ["RSA-2048", "RSA-3072", "P-256", "P-384"] as const) {
    it(`within Google's profile has no findings with a key of kind ${keyKind}`, async () => {
      assert.deepEqual(await findings({ keyKind }), []);
    });
  }

  it("of another producer within the profile has no findings", async () => {
    const { leaf, chain } = await readPkcs12(
      readFileSync(join(__dirname, "fixtures", "openssl-default.p12")),
      "fixture",
    );
    assert.deepEqual(certificateFindings(leaf, chain, "ALICE@example.com"), []);
    assert.equal(certificateFacts(leaf).issuerCn, "Fixture Issuing CA");
  });

  it("must name the address, whose case does not count but whose tag does", async () => {
    const leaf = await minted({ emails: ["Alice@example.com"] });
    const errors = (address: string | undefined): string[] =>
      codes(certificateFindings(leaf, [intermediate], address), "error");
    assert.deepEqual(errors("aLICE@EXAMPLE.COM"), []);
    assert.deepEqual(errors(undefined), []);
    for (const address of ["alice+tag@example.com", "bob@example.com", "alice@example.com.evil.org"]) {
      assert.deepEqual(errors(address), ["addressNotInCertificate"]);
    }
    const [finding] = certificateFindings(leaf, [intermediate], "bob@example.com");
    assert.match(
      finding?.reason ?? "",
      /^sendAsEmail: bob@example\.com is not in the certificate, which names alice@example\.com\./,
    );
  });

  for (const keyKind of ["RSA-1024", "P-521", "Ed25519"] satisfies KeyKind[]) {
    it(`with a key of kind ${keyKind} is an error`, async () => {
      assert.deepEqual(codes(await findings({ keyKind }), "error"), ["keyNotAccepted"]);
    });
  }

  it("must come through an intermediate that is there", async () => {
    const root = new X509Certificate(authority.rootPem);
    const stranger = new X509Certificate((await mintAuthority({ name: "Stranger" })).intermediatePem);
    const namesake = new X509Certificate(Buffer.from((await mintIntermediate(authority.root)).certificate.rawData));
    assert.deepEqual(codes(await findings({}, []), "error"), ["missingIntermediate"]);
    assert.deepEqual(codes(await findings({}, [root, stranger]), "error"), ["missingIntermediate"]);
    assert.deepEqual(codes(await findings({}, [namesake]), "error"), ["missingIntermediate"]);
    assert.deepEqual(codes(await findings({ issuedByRoot: true }, [root, intermediate]), "error"), ["issuedByRoot"]);
    assert.deepEqual(codes(await findings({ issuedByRoot: true }, []), "error"), ["missingIntermediate"]);
    assert.deepEqual(codes(await findings({}, [root, namesake, intermediate]), "error"), []);
  });

  it("must really be signed by the intermediate that bears its issuer's name", async () => {
    const forged = Buffer.from((await minted()).raw);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const found = certificateFindings(new X509Certificate(forged), [intermediate], "alice@example.com");
    assert.deepEqual(codes(found, "error"), ["issuerDidNotSign"]);
  });

  it("must be for mail and not an authority's", async () => {
    assert.deepEqual(codes(await findings({ extendedKeyUsage: [] }), "error"), ["noEmailProtection"]);
    assert.deepEqual(codes(await findings({ extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] }), "error"), [
      "noEmailProtection",
    ]);
    assert.deepEqual(codes(await findings({ ca: true }), "error"), ["isAuthority"]);
    assert.deepEqual(await findings({ ca: false }), []);
    const root = new X509Certificate(authority.rootPem);
    assert.ok(codes(certificateFindings(root, [], undefined), "error").includes("selfSigned"));
  });

  const warnings: [string, Partial<LeafOptions>, string[]][] = [
    ["signed with SHA-1", { hash: "SHA-1" }, ["sha1Signature"]],
    ["without a revocation list", { crlUrls: [] }, ["noCrl"]],
    ["with a revocation list by LDAP only", { crlUrls: ["ldap://crl.example.com/x"] }, ["noCrl"]],
    ["without a policy", { policies: [] }, ["noPolicy"]],
    ["with any policy", { policies: ["2.5.29.32.0"] }, ["noPolicy"]],
    ["for servers too", { extendedKeyUsage: [EMAIL_PROTECTION, "1.3.6.1.5.5.7.3.1"] }, ["forbiddenPurpose"]],
    ["for anything", { extendedKeyUsage: [EMAIL_PROTECTION, "2.5.29.37.0"] }, ["forbiddenPurpose"]],
    ["with a host name", { dnsNames: ["www.example.com"] }, ["otherNames"]],
    ["without key usage", { keyUsage: 0 }, ["keyUsageNotCritical"]],
    ["with key usage that is not critical", { keyUsageCritical: false }, ["keyUsageNotCritical"]],
    ["that cannot sign", { keyUsage: KeyUsageFlags.keyAgreement }, ["keyUsageCannotSign"]],
    [
      "with key usage of an RSA key on an EC key",
      { keyUsage: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment },
      ["keyUsageBeyondProfile"],
    ],
    ["valid for longer than 27 months", { notAfter: new Date("2028-09-01T00:00:01Z") }, ["validTooLong"]],
    ["valid for exactly 27 months", { notAfter: new Date("2028-09-01T00:00:00Z") }, []],
  ];
  for (const [what, options, expected] of warnings) {
    it(`${what} has ${expected.length === 0 ? "no finding" : "a warning, never an error"}`, async () => {
      const found = await findings(options);
      assert.deepEqual(
        found.map(({ code, severity }) => `${severity} ${code}`),
        expected.map((code) => `warning ${code}`),
      );
      for (const { field, reason } of found) assert.ok(reason.startsWith(`${field}: `));
    });
  }

  it("has warnings for an intermediate outside the profile", async () => {
    const odd = await mintIntermediate(authority.root, { keyKind: "P-521" });
    const leaf = await mintLeaf({ ...authority, intermediate: odd }, { emails: ["alice@example.com"] });
    const chain = [new X509Certificate(Buffer.from(odd.certificate.rawData))];
    const found = certificateFindings(new X509Certificate(leaf.certificatePem), chain, "alice@example.com");
    assert.deepEqual(
      found.map(({ code, severity, field }) => `${severity} ${field} ${code}`),
      ["warning chain intermediateKey"],
    );
  });

  describe("by the clock", () => {
    const at = (
      leaf: X509Certificate,
      now: string,
      leafIsNew: boolean,
      expiryPolicy: "warn" | "error" | "ignore",
      renewBeforeDays?: number,
    ): string[] =>
      expiryFindings(certificateFacts(leaf), new Date(now), {
        leafIsNew,
        expiryPolicy,
        ...(renewBeforeDays === undefined ? {} : { renewBeforeDays }),
      }).map(({ code, severity }) => `${severity} ${code}`);

    it("that is new must be valid now, whatever the policy", async () => {
      const leaf = await minted();
      for (const policy of ["warn", "error", "ignore"] as const) {
        assert.deepEqual(at(leaf, "2027-11-01T00:00:00Z", true, policy), ["error expired"]);
        assert.deepEqual(at(leaf, "2026-05-31T23:00:00Z", true, policy), ["error notYetValid"]);
        assert.deepEqual(at(leaf, "2026-11-22T00:00:00Z", true, policy), []);
        assert.deepEqual(at(leaf, "2026-05-31T23:55:00Z", true, policy), [], "a clock that is five minutes slow");
      }
    });

    it("that is there already may lapse as the policy says", async () => {
      const leaf = await minted();
      const lapsed = "2028-01-01T00:00:00Z";
      assert.deepEqual(at(leaf, lapsed, false, "warn"), ["warning expired"]);
      assert.deepEqual(at(leaf, lapsed, false, "error"), ["error expired"]);
      assert.deepEqual(at(leaf, lapsed, false, "ignore"), []);
      assert.deepEqual(at(leaf, "2026-01-01T00:00:00Z", false, "warn"), ["warning notYetValid"]);
    });

    it("is due for renewal by the policy, from the very second on", async () => {
      const leaf = await minted();
      for (const leafIsNew of [true, false]) {
        assert.deepEqual(at(leaf, "2027-10-01T23:59:59Z", leafIsNew, "warn", 30), []);
        assert.deepEqual(at(leaf, "2027-10-02T00:00:00Z", leafIsNew, "warn", 30), ["warning renewalDue"]);
        assert.deepEqual(at(leaf, "2027-10-02T00:00:00Z", leafIsNew, "error", 30), ["error renewalDue"]);
        assert.deepEqual(at(leaf, "2027-10-02T00:00:00Z", leafIsNew, "ignore", 30), []);
        assert.deepEqual(at(leaf, "2027-10-31T00:00:00Z", leafIsNew, "error"), []);
      }
    });

    it("tells when renewal is due", () => {
      assert.equal(renewalDueAt("2027-11-01T00:00:00Z", 30), "2027-10-02T00:00:00Z");
      assert.equal(renewalDueAt("2027-11-01T00:00:00Z", 0), "2027-11-01T00:00:00Z");
      assert.equal(renewalDueAt("2027-11-01T00:00:00Z", undefined), undefined);
      assert.equal(renewalDueAt("no time", 3), undefined);
    });
  });
});
