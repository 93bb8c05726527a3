// The policy pack's rules about private keys: what is found in which form, at which path, that secrets and files are no alarm,
// and that a message shows nothing of a key.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mintAuthority, mintLeaf, mintPgpKey, mintPkcs12, type Leaf } from "./mint";
import { fileAsset, PolicyPack, secret, stringAsset, UNKNOWN, type Violation } from "./policyPack";
import { leaks, tracesOfArmor, tracesOfFile, tracesOfPem } from "./traces";
import { ALICE, PASSWORD } from "./world";

const TYPE = "other:index:Thing";
const CERTIFICATE = "pulumi-nodejs:dynamic/google-workspace-mail:SmimeCertificate";
const STACK = "pulumi:pulumi:Stack";

describe("the policy pack's rules about private keys", function () {
  this.timeout(180_000);
  let pack: PolicyPack;
  let leaf: Leaf;
  let pkcs12: Buffer;
  let openPgp: { privateKey: string; publicKey: string };
  const said: Violation[] = [];

  before(async () => {
    pack = await PolicyPack.start();
    leaf = await mintLeaf(await mintAuthority(), { emails: [ALICE], keyKind: "RSA-2048" });
    [pkcs12, openPgp] = await Promise.all([mintPkcs12(leaf, { password: PASSWORD }), mintPgpKey()]);
  });
  afterEach(() => pack.configure());
  after(() => pack.stop());

  /** Path and kind of each key found: `list.0.a: a PEM private key`. */
  async function found(inputs: Record<string, unknown>, type = TYPE): Promise<string[]> {
    return short("no-plain-keys", await pack.ofInputs({ type, inputs }));
  }

  function short(rule: string, violations: Violation[]): string[] {
    said.push(...violations);
    const own = violations.filter((each) => each.rule === rule);
    return own.map(({ text }) => /: (\S+: )it holds ([^.]+)\./.exec(text)?.slice(1).join("") ?? text).sort();
  }

  it("find each kind of private key in a property of any resource", async () => {
    const encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIFHDBOBgkq\n-----END ENCRYPTED PRIVATE KEY-----\n";
    const inputs = {
      pem: leaf.privateKeyPem,
      encrypted,
      account: JSON.stringify({ type: "service_account", private_key: leaf.privateKeyPem }),
      openPgp: openPgp.privateKey,
      pkcs12: pkcs12.toString("base64"),
      pkcs12url: pkcs12.toString("base64url"),
      wrapped: pkcs12.toString("base64").replace(/.{64}/g, "$&\r\n"),
      packed: Buffer.from(leaf.privateKeyPem).toString("base64"),
      asset: stringAsset(leaf.privateKeyPem),
    };
    assert.deepEqual(await found(inputs), [
      "account: a PEM private key",
      "asset: a PEM private key",
      "encrypted: a PEM private key",
      "openPgp: an OpenPGP private key",
      "packed: a PEM private key in base64",
      "pem: a PEM private key",
      "pkcs12: a PKCS#12 file",
      "pkcs12url: a PKCS#12 file",
      "wrapped: a PKCS#12 file",
    ]);
  });

  it("find it in base64 wherever it stands in a text, and in base64 of base64", async () => {
    const bundle = leaf.certificatePem + leaf.chainPem + leaf.privateKeyPem;
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const p12 = pkcs12.toString("base64");
    const account = { type: "service_account", info: "x".repeat(900), private_key: leaf.privateKeyPem };
    const inputs = {
      bundle: base64(bundle),
      attributes: base64(`${"Bag Attributes\n    friendlyName: alice\n".repeat(20)}${leaf.privateKeyPem}`),
      account: base64(JSON.stringify(account)),
      late: base64(`${"-".repeat(600_000)}${leaf.privateKeyPem}`),
      uri: `data:application/x-pkcs12;base64,${p12}`,
      json: JSON.stringify({ p12 }),
      escaped: JSON.stringify({ p12: `\n${p12.replace(/.{64}/g, "$&\n")}` }).replaceAll("/", "\\/"),
      yaml: `data:\n  alice.p12: |\n${p12.replace(/.{64}/g, "    $&\n")}`,
      glued: `${"0123456789abcdef".repeat(4)} x ${pkcs12.toString("base64url")}`,
      manifest: base64(`kind: Secret\ndata:\n  tls.pem: ${base64(bundle)}\n`),
      openPgp: `key=${base64(openPgp.privateKey)}`,
    };
    const expected = Object.keys(inputs).map((path) => {
      const isPem = ["bundle", "attributes", "account", "late", "manifest"].includes(path);
      return `${path}: ${isPem ? "a PEM private key in base64" : path === "openPgp" ? "an OpenPGP private key in base64" : "a PKCS#12 file"}`;
    });
    assert.deepEqual(await found(inputs), expected.sort());
    const told = short("no-keys-in-outputs", await pack.ofOutputs({ type: STACK, outputs: { tls: inputs.bundle } }));
    assert.deepEqual(told, ["tls: a PEM private key in base64"]);
  });

  it("find it at any depth, and say where", async () => {
    const inputs = { options: { keys: ["none", { a: leaf.privateKeyPem }] }, later: UNKNOWN };
    assert.deepEqual(await found(inputs), ["options.keys.1.a: a PEM private key"]);
  });

  it("pass over secrets at any depth, files by their path, and what is public", async () => {
    const inputs = {
      marked: secret(leaf.privateKeyPem),
      inside: secret({ deep: [leaf.privateKeyPem] }),
      list: [secret(leaf.privateKeyPem), { a: secret(openPgp.privateKey) }],
      asset: secret(stringAsset(leaf.privateKeyPem)),
      file: fileAsset("keys/alice.p12"),
      certificate: leaf.certificatePem + leaf.chainPem,
      publicKey: openPgp.publicKey,
      der: Buffer.from(leaf.certificatePem.replace(/-.*-|\n/g, ""), "base64").toString("base64"),
      words: "The -----BEGIN CERTIFICATE----- is public.",
      packed: Buffer.from(leaf.certificatePem + leaf.chainPem + openPgp.publicKey).toString("base64"),
      noise: randomBytes(90_000).toString("base64"),
    };
    assert.deepEqual(await found(inputs), []);
  });

  it("look at the fields of our own resources as at any other, by the marks alone", async () => {
    const text = pkcs12.toString("base64");
    assert.deepEqual(await found({ userId: ALICE, pkcs12: secret(text), password: secret(PASSWORD) }, CERTIFICATE), []);
    const chain = await found({ userId: ALICE, chain: leaf.privateKeyPem }, CERTIFICATE);
    assert.deepEqual(chain, ["chain: a PEM private key"]);
  });

  it("are mandatory, and say so where a level hides the marks, rather than nothing", async () => {
    const inputs = { marked: secret(leaf.privateKeyPem) };
    const [plain] = await pack.ofInputs({ type: TYPE, inputs: { pem: leaf.privateKeyPem } });
    assert.equal(plain?.level, "mandatory");
    for (const level of ["MANDATORY", "ADVISORY"] as const) {
      await pack.configure({ "no-plain-keys": { level } });
      const [told] = await pack.ofInputs({ type: TYPE, inputs });
      assert.equal(told?.level, level.toLowerCase());
      assert.match(told.text, /marked: it holds a PEM private key\..*set the level to remediate, or to disabled\.$/);
      const own = { pkcs12: secret(pkcs12.toString("base64")), privateKey: secret(leaf.privateKeyPem) };
      assert.deepEqual(await found(own, CERTIFICATE), [], "both adapters make these secrets");
    }
    await pack.configure({ "no-plain-keys": { level: "DISABLED" } });
    assert.deepEqual(await found({ pem: leaf.privateKeyPem }), []);
  });

  it("find keys among the stack's outputs, and leave outputs of resources to their providers", async () => {
    const outputs = { nested: { key: leaf.privateKeyPem }, marked: secret(openPgp.privateKey), fine: "text" };
    const told = short("no-keys-in-outputs", await pack.ofOutputs({ type: STACK, outputs }, { type: TYPE, outputs }));
    assert.deepEqual(told, ["marked: an OpenPGP private key", "nested.key: a PEM private key"]);
  });

  it("have shown nothing of a key", () => {
    const traces = {
      PEM: tracesOfPem(leaf.privateKeyPem),
      "PKCS#12": tracesOfFile(pkcs12),
      OpenPGP: tracesOfArmor(openPgp.privateKey),
    };
    assert.ok(said.length > 10);
    assert.deepEqual(leaks(traces, [JSON.stringify(said)]), []);
  });
});
