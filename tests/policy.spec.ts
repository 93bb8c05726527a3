// Each rule of the policy pack, by the pack's own process and Pulumi's protocol: what it refuses, what it lets pass, and that
// what a preview does not know yet is no alarm. Rows come from the provider's own writer: another format fails here.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { textsOf } from "./fleetTexts";
import { commonName } from "../policy/certificates";
import { defaults, schemas } from "../policy/settings";
import { codes, Page, tableRows } from "./markdown";
import { mintAuthority, mintIntermediate, mintLeaf, type Authority, type KeyKind } from "./mint";
import { PolicyPack, stringAsset, UNKNOWN, type RuleConfig, type Shown, type Violation } from "./policyPack";
import { ALICE, BOB, SALES } from "./world";

/** NOW is 2026-11-22. */
const [PAST, SOON, LATER] = ["2026-11-01T00:00:00Z", "2026-12-02T00:00:00Z", "2027-11-01T00:00:00Z"];
const LIMIT = { "days-left": { minimumDays: 30 } };
const PREFIXES = ["google-workspace-mail:index:", "pulumi-nodejs:dynamic/google-workspace-mail:"];

describe("the policy pack", function () {
  this.timeout(180_000);
  let pack: PolicyPack;
  let authority: Authority;
  before(async () => {
    [pack, authority] = await Promise.all([PolicyPack.start(), mintAuthority()]);
  });
  afterEach(() => pack.configure());
  after(() => pack.stop());

  const inputsAreToldOf = told((shown) => pack.ofInputs(shown));
  const outputsAreToldOf = told((shown) => pack.ofOutputs(shown));
  function told(judge: (shown: Shown) => Promise<Violation[]>) {
    return async (rule: string, shown: Shown, config: Record<string, RuleConfig> = {}): Promise<string[]> => {
      await pack.configure(config);
      return (await judge(shown)).filter((each) => each.rule === rule).map(({ text }) => text);
    };
  }

  /** Public certificates, as programs write them and as Gmail returns them. */
  async function issued(keyKind: KeyKind, notAfter = LATER) {
    const leaf = await mintLeaf(authority, { emails: [ALICE], keyKind, notAfter: new Date(notAfter) });
    const { certificatePem: certificate, chainPem: chain } = leaf;
    return { certificate, chain, pem: certificate + chain };
  }

  it("has the rules, levels and settings that its README names", async () => {
    const levels = ["advisory", "mandatory", "disabled", "remediate"];
    const rules = (await pack.rules()).map(({ name, enforcementlevel, configschema }) => {
      const settings = configschema?.properties?.fieldsMap.map(([setting]) => setting) ?? [];
      return [name, levels[enforcementlevel], settings.sort()];
    });
    const rows = tableRows(new Page("policy/README.md").section("## The rules"), "rule");
    const named = (cell = ""): string[] => codes(cell).filter((code) => !code.startsWith("["));
    assert.deepEqual(
      rows.map(([rule, level, settings]) => [named(rule)[0], level, named(settings).sort()]),
      rules,
    );
    const cells = rows.map(([, , settings]) => settings).join("; ");
    for (const [name, value] of Object.entries(defaults)) {
      const shown = Array.isArray(value) ? `\`${JSON.stringify(value)}\`` : String(value);
      assert.ok(cells.includes(`\`${name}\` ${shown}`), name);
    }
  });

  it("says nothing of other providers' resources that have properties of the same names", async () => {
    const inputs = { userId: BOB, onDelete: "delete", expiration: PAST, maxDeletes: 9 };
    await pack.configure({ "allowed-domain": { domains: ["example.org"] } });
    for (const type of ["other:index:SmimeCertificate", `${PREFIXES[0] ?? ""}Other`])
      assert.deepEqual(await pack.ofInputs({ type, inputs }), []);
  });

  it("refuses settings that a rule does not have, and names those that it has", async () => {
    const config = { "allowed-domain": { domain: ["example.com"] }, "no-keys-in-outputs": { deep: true }, ...LIMIT };
    await pack.configure(config);
    const stack = { type: "pulumi:pulumi:Stack", name: "mail-keys-prod", outputs: {} };
    const told = [await pack.ofInputs(stack), await pack.ofOutputs(stack)].map((all) => all.map(({ text }) => text));
    assert.deepEqual(told, [
      [
        "mail-keys-prod (pulumi:pulumi:Stack): domain: allowed-domain has no such setting, and would go on without it. Its settings are domains.",
      ],
      [
        "mail-keys-prod (pulumi:pulumi:Stack): deep: no-keys-in-outputs has no such setting, and would go on without it. It has none but enforcementLevel.",
      ],
    ]);
    await pack.configure({ "allowed-domain": { domains: ["example.com"] }, ...LIMIT });
    assert.deepEqual([...(await pack.ofInputs(stack)), ...(await pack.ofOutputs(stack))], []);
  });

  it("has the engine refuse domains that no address can be in, and curves that no key can be on", () => {
    const pattern = new RegExp(schemas.domains.items?.pattern ?? "");
    const written = ["example.com", "@example.com", "*.example.com", "alice@example.com", "", " example.com"];
    assert.deepEqual(
      written.filter((each) => pattern.test(each)),
      written.slice(0, 2),
    );
    const curves = schemas.allowedCurves.items?.enum ?? [];
    assert.deepEqual(
      [curves.includes("prime256v1"), defaults.allowedCurves.every((each) => curves.includes(each))],
      [false, true],
    );
  });

  it("reads an issuer's last common name as the provider does, without OpenSSL's marks", async () => {
    const { certificate } = await mintIntermediate(authority.root, { commonName: "First, CN=Größe\\, Inc. CA" });
    const { subject } = new X509Certificate(certificate.toString("pem"));
    assert.match(subject, /^CN=First\nCN=Größe\\, Inc\. CA\n/);
    assert.equal(commonName(subject), "Größe, Inc. CA");
  });

  for (const prefix of PREFIXES)
    describe(`of ${prefix}…`, () => {
      const of = (kind: string, inputs: Shown["inputs"] = {}, rest: Partial<Shown> = {}): Shown => ({
        type: `${prefix}${kind}`,
        inputs,
        ...rest,
      });

      it("says nothing of what is not known yet", async () => {
        const unknown = (names: string): object => Object.fromEntries(names.split(" ").map((name) => [name, UNKNOWN]));
        const [domains, issuers] = [["example.org"], ["Nobody"]];
        await pack.configure({ ...LIMIT, "allowed-domain": { domains }, "allowed-issuer": { issuers } });
        const fields = "userId sendAsEmail pkcs12 certificate chain expiration issuerCn pem bits domain onDelete";
        const fleet = "rows leaves candidates maxDeletes previous expiryPolicy";
        for (const kind of ["SmimeCertificate", "DefaultSmimeCertificate", "SmimeFleet", "AuditPublicKey"]) {
          const inputs = { ...unknown(`${fields} ${fleet}`), emails: [UNKNOWN] };
          assert.deepEqual(await pack.ofInputs(of(kind, inputs, { protect: true })), []);
          assert.deepEqual(await pack.ofOutputs(of(kind, {}, { outputs: inputs, protect: true })), []);
        }
      });

      describe("days-left", () => {
        it("reads the certificate that the program writes, as a text or an Asset", async () => {
          const { certificate } = await issued("P-256", SOON);
          for (const written of [certificate, stringAsset(certificate)]) {
            const told = await inputsAreToldOf("days-left", of("SmimeCertificate", { certificate: written }), LIMIT);
            assert.deepEqual(told, [
              'alice (SmimeCertificate): certificate: it ends on 2026-12-02, in 10 days; minimumDays is 30. Declare the next certificate beside it, and set expiryPolicy: "ignore" on this one to keep it for old mail.',
            ]);
          }
          const enough = { "days-left": { minimumDays: 10 } };
          assert.deepEqual(await inputsAreToldOf("days-left", of("SmimeCertificate", { certificate }), enough), []);
        });

        it("counts 14 days where nothing is configured", async () => {
          const told = await outputsAreToldOf(
            "days-left",
            of("SmimeCertificate", {}, { outputs: { expiration: SOON }, name: "unconfigured" }),
          );
          assert.match(told.join(), /minimumDays is 14\./);
        });

        it("takes the outputs where the inputs did not tell, once, and lets older ones expire", async () => {
          const outputs = { expiration: PAST };
          const shown = of("SmimeCertificate", {}, { outputs, name: "past" });
          assert.deepEqual(await inputsAreToldOf("days-left", shown), []);
          assert.match((await outputsAreToldOf("days-left", shown)).join(), /certificate: it expired on 2026-11-01/);

          const { certificate } = await issued("P-256", SOON);
          const seen = of("SmimeCertificate", { certificate }, { outputs: { expiration: SOON }, name: "seen" });
          assert.equal((await inputsAreToldOf("days-left", seen)).length, 1);
          assert.deepEqual(await outputsAreToldOf("days-left", seen), []);

          const older = of("SmimeCertificate", { expiryPolicy: "ignore" }, { outputs, name: "older" });
          assert.deepEqual(await inputsAreToldOf("days-left", older), []);
          assert.deepEqual(await outputsAreToldOf("days-left", older), []);
        });

        it("judges of a default's candidates the last one, once all are known", async () => {
          const candidates = (...ends: string[]) =>
            of("DefaultSmimeCertificate", {
              candidates: ends.map((expiration) => ({ certificateId: "x", expiration })),
            });
          assert.match(
            (await inputsAreToldOf("days-left", candidates(PAST, SOON), LIMIT)).join(),
            /candidates: the one that lasts longest ends on 2026-12-02, in 10 days/,
          );
          assert.deepEqual(await inputsAreToldOf("days-left", candidates(LATER, SOON), LIMIT), []);
          assert.deepEqual(await inputsAreToldOf("days-left", candidates(SOON, UNKNOWN), LIMIT), []);
        });

        it("judges of a fleet's address the row that lasts longest, and names ten addresses", async () => {
          const rows = [
            { user: ALICE, sendAs: ALICE, name: "2026", expiration: SOON },
            { user: ALICE, sendAs: ALICE, name: "2027", expiration: LATER },
            { user: ALICE, sendAs: SALES, name: "", expiration: SOON },
            ...Array.from({ length: 11 }, (_, index) => ({ ...each(index + 10), expiration: SOON })),
          ];
          const [told = ""] = await inputsAreToldOf("days-left", of("SmimeFleet", textsOf(rows)), LIMIT);
          assert.match(told, /^alice \(SmimeFleet\): rows: the last certificate of 12 addresses: /);
          assert.ok(told.includes(`${SALES} (mailbox ${ALICE}) ends on 2026-12-02, in 10 days`));
          assert.match(told, /; and 2 more\. Put next year's file/);
          assert.ok(!told.includes(`: ${ALICE} ends`));
          const enough = of("SmimeFleet", textsOf(rows.slice(0, 2)));
          assert.deepEqual(await inputsAreToldOf("days-left", enough, LIMIT), []);
        });
      });

      describe("key-size", () => {
        it("reads RSA bits and curves from what is written, and from what Gmail returns", async () => {
          const { certificate } = await issued("RSA-2048");
          const strict = { "key-size": { minimumRsaBits: 3072 } };
          assert.deepEqual(await inputsAreToldOf("key-size", of("SmimeCertificate", { certificate })), []);
          assert.deepEqual(await inputsAreToldOf("key-size", of("SmimeCertificate", { certificate }), strict), [
            "alice (SmimeCertificate): certificate: alice@example.com has an RSA key of 2048 bits; minimumRsaBits is 3072. Have it issued anew for another key, or by another authority where it is one of the chain.",
          ]);
          const { pem } = await issued("P-384");
          const shown = of("SmimeCertificate", {}, { outputs: { pem }, name: "curve" });
          assert.deepEqual(await outputsAreToldOf("key-size", shown), []);
          const narrow = { "key-size": { allowedCurves: ["P-256"] } };
          assert.match(
            (await outputsAreToldOf("key-size", shown, narrow)).join(),
            /has a key on P-384; allowedCurves are P-256\./,
          );
          const none = await outputsAreToldOf("key-size", shown, { "key-size": { allowedCurves: [] } });
          assert.match(none.join(), /has a key on P-384; allowedCurves is empty, so only RSA keys are allowed\./);
          const older = pem.replaceAll(" CERTIFICATE-", " X509 CERTIFICATE-");
          const label = of("SmimeCertificate", { certificate: older });
          assert.match((await inputsAreToldOf("key-size", label, narrow)).join(), /has a key on P-384/);
        });

        it("reads each certificate of the chain", async () => {
          const { certificate, chain } = await issued("RSA-2048");
          const config = { "key-size": { allowedCurves: ["P-384"] } };
          const told = await inputsAreToldOf("key-size", of("SmimeCertificate", { certificate, chain }), config);
          assert.match(told.join(), /Example S\/MIME Issuing CA has a key on P-256/);
        });

        it("reads the audit key's bits", async () => {
          const shown = of("AuditPublicKey", {}, { outputs: { bits: 2048 } });
          assert.deepEqual(await outputsAreToldOf("key-size", shown), []);
          const strict = { "key-size": { minimumAuditBits: 4096 } };
          assert.match(
            (await outputsAreToldOf("key-size", shown, strict)).join(),
            /publicKey: an RSA key of 2048 bits/,
          );
        });
      });

      it("allowed-issuer takes any until some are named", async () => {
        const shown = of("SmimeCertificate", { certificate: (await issued("P-256")).certificate });
        const only = (issuer: string) => ({ "allowed-issuer": { issuers: [issuer] } });
        assert.deepEqual(await inputsAreToldOf("allowed-issuer", shown), []);
        assert.deepEqual(await inputsAreToldOf("allowed-issuer", shown, only("Example S/MIME Issuing CA")), []);
        const told = await inputsAreToldOf("allowed-issuer", shown, only("Other CA"));
        assert.match(told.join(), /issued by Example S\/MIME Issuing CA, which is not among the issuers Other CA\./);
        const output = of("SmimeCertificate", {}, { outputs: { issuerCn: "Strange CA" }, name: "strange" });
        assert.match((await outputsAreToldOf("allowed-issuer", output, only("Other CA"))).join(), /Strange CA/);
      });

      it("allowed-domain looks at mailboxes, addresses, audit keys and every row", async () => {
        const config = { "allowed-domain": { domains: ["@Example.com"] } };
        const rule = (shown: Shown) => inputsAreToldOf("allowed-domain", shown, config);
        assert.deepEqual(await rule(of("SmimeCertificate", { userId: ALICE, sendAsEmail: SALES })), []);
        assert.match(
          (await rule(of("SmimeCertificate", { userId: "me" }))).join(),
          /: userId is me, of whatever domain/,
        );
        const other = of("DefaultSmimeCertificate", { userId: ALICE, sendAsEmail: "a@example.org" });
        assert.deepEqual(await rule(other), [
          "alice (DefaultSmimeCertificate): sendAsEmail is a@example.org; the domains are @Example.com. Correct the address, or add its domain to the policy's configuration.",
        ]);
        const strange = "users/x@example.org/settings/sendAs/x@example.org/smimeInfo/1";
        const byId = await rule(of("DefaultSmimeCertificate", { userId: UNKNOWN, certificateId: strange }));
        assert.match(byId.join(), /: the address in certificateId is x@example\.org; the domains/);
        assert.equal(byId.length, 1);
        const here = strange.replaceAll("example.org", "example.com");
        assert.deepEqual(await rule(of("DefaultSmimeCertificate", { userId: ALICE, certificateId: here })), []);
        assert.match((await rule(of("AuditPublicKey", { domain: "example.org" }))).join(), /domain is example\.org/);
        assert.match((await rule(of("SmimeCertificate", { userId: "a@sub.example.com" }))).join(), /userId is a@sub/);
        const rows = [ALICE, "x@example.org"].map((user) => ({ user, sendAs: user, name: "", expiration: LATER }));
        const told = await rule(of("SmimeFleet", textsOf(rows)));
        assert.match(told.join(), /rows of 1 of another domain: x@example\.org; the domains/);
      });

      it("protect-default warns, and is content with protect", async () => {
        const shown = of("DefaultSmimeCertificate", { userId: ALICE });
        const [told] = await pack.ofInputs(shown);
        assert.deepEqual([told?.rule, told?.level], ["protect-default", "advisory"]);
        assert.deepEqual(await pack.ofInputs({ ...shown, protect: true }), []);
      });

      it("keep-old-keys refuses what says to delete keys", async () => {
        const rule = (shown: Shown, config = {}) => inputsAreToldOf("keep-old-keys", shown, config);
        assert.match(
          (await rule(of("SmimeCertificate", { onDelete: "delete" }))).join(),
          /: onDelete: "delete" deletes/,
        );
        assert.deepEqual(await rule(of("SmimeCertificate", { onDelete: "retain" })), []);
        assert.deepEqual(await rule(of("DefaultSmimeCertificate", { onDelete: "restore" })), []);
        const early = of("SmimeCertificate", {}, { deleteBeforeReplace: true });
        assert.match((await rule(early)).join(), /deleteBeforeReplace: the old key/);
        const fleet = of("SmimeFleet", { maxDeletes: 2, previous: "delete" });
        assert.match((await rule(fleet)).join("\n"), /previous: "delete".*\n.*maxDeletes: 2 rows.*the policy allows 0/);
        const allowed = { "keep-old-keys": { maxDeletes: 2 } };
        assert.equal((await rule(fleet, allowed)).length, 1);
      });
    });
});

const each = (number: number) => {
  const user = `user${String(number)}@example.com`;
  return { user, sendAs: user, name: "" };
};
