/** The two functions that look into key files: what is in them, what a preview would say of them, and nothing secret. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { functions } from "../provider/functions";
import { invoke } from "../provider/invoke";
import { ASKING, servicesOf } from "./asking";
import { mintPgpKey, mintPkcs12 } from "./mint";
import type { Declared } from "./story";
import { ALICE, BOB, certificate, clean, PASSWORD, SALES, seed, World, type Minted } from "./world";

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly field: string;
  readonly reason: string;
}

const dated = (notBefore: string, notAfter: string) => ({
  notBefore: new Date(`${notBefore}T00:00:00Z`),
  notAfter: new Date(`${notAfter}T00:00:00Z`),
});

for (const [way, ask] of Object.entries(ASKING)) {
  describe(`a key file, inspected by the ${way}`, () => {
    let world: World;
    before(async () => {
      world = await World.start();
    });
    beforeEach(() => {
      world.emulator.seed(seed());
    });
    after(() => world.emulator.stop());

    const inspect = (key: { pkcs12: string }, args: object = {}) =>
      ask(world, "inspectPkcs12", { pkcs12: key.pkcs12, password: PASSWORD, ...args });
    const findingsOf = ({ findings }: Record<string, unknown>) => findings as Finding[];

    describe("inspectPkcs12", () => {
      it("tells what is in the file, and asks nothing", async () => {
        const key = await world.mint(ALICE, { keyKind: "RSA-3072" });
        const result = await inspect(key, { sendAsEmail: " Alice@example.com" });
        assert.deepEqual(result, {
          usable: true,
          findings: [],
          fingerprint: key.fingerprint,
          subject: `CN=${ALICE}`,
          issuerCn: "Example S/MIME Issuing CA",
          emails: [ALICE],
          serialNumber: result["serialNumber"],
          notBefore: "2026-06-01T00:00:00Z",
          expiration: "2027-11-01T00:00:00Z",
          keyAlgorithm: "RSA 3072",
          pem: `${key.certificatePem}${key.chainPem}`,
          chain: [
            {
              subject: "CN=Example S/MIME Issuing CA, O=Example, C=US",
              issuerCn: "Example Root CA",
              expiration: "2040-01-01T00:00:00Z",
            },
          ],
        });
        assert.match(String(result["serialNumber"]), /^[0-9A-F]{16,}$/);
        assert.deepEqual(world.verbs(), []);
      });

      it("holds no secret", async () => {
        const key = await world.mint();
        const { d = "" } = createPrivateKey(key.privateKeyPem).export({ format: "jwk" });
        const said = JSON.stringify(await inspect(key));
        for (const encoding of ["base64", "base64url", "hex"] as const) {
          const secrets = [Buffer.from(d, "base64url"), Buffer.from(PASSWORD), key.bytes].map((bytes) =>
            bytes.toString(encoding).replace(/=+$/, ""),
          );
          for (const secret of [...secrets, PASSWORD]) assert.ok(!said.includes(secret));
        }
        assert.ok(said.includes(key.fingerprint), "there is something to search");
      });

      it("names the kind of every key", async () => {
        for (const [keyKind, name] of [
          ["P-256", "EC P-256"],
          ["P-384", "EC P-384"],
          ["P-521", "EC P-521"],
          ["RSA-2048", "RSA 2048"],
        ] as const)
          assert.equal((await inspect(await world.mint(ALICE, { keyKind })))["keyAlgorithm"], name);
      });

      it("finds what a preview of a new certificate would say, word for word", async () => {
        const lone = async (key: Minted) => ({
          ...key,
          pkcs12: (await mintPkcs12({ ...key, chainPem: "" }, { password: PASSWORD })).toString("base64"),
        });
        const good = await world.mint();
        const wrong: Record<string, { key: Minted; address?: string; code: string }> = {
          address: { key: good, address: BOB, code: "addressNotInCertificate" },
          expired: { key: await world.mint(ALICE, dated("2025-09-01", "2026-10-01")), code: "expired" },
          early: { key: await world.mint(ALICE, dated("2026-12-01", "2027-10-01")), code: "notYetValid" },
          key: { key: await world.mint(ALICE, { keyKind: "P-521" }), code: "keyNotAccepted" },
          chain: { key: await lone(good), code: "missingIntermediate" },
          purpose: {
            key: await world.mint(ALICE, { extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] }),
            code: "noEmailProtection",
          },
          usage: { key: await world.mint(ALICE, { crlUrls: [], policies: [] }), code: "" },
        };
        for (const [name, { key, address = ALICE, code }] of Object.entries(wrong)) {
          const declared = certificate(key, address === ALICE ? {} : { sendAsEmail: address });
          const { failures, messages } = await world.story().preview({ it: declared });
          const { usable, findings } = await inspect(key, { sendAsEmail: address });
          const said = (findings as Finding[]).map(({ severity, reason }) =>
            severity === "error" ? reason : `warning: SmimeCertificate of ${address}: ${reason}`,
          );
          const previewed = [...(failures["it"] ?? []).map(({ reason }) => reason), ...messages].filter(
            (line) => !line.includes(": new certificate "),
          );
          assert.deepEqual(said.sort(), previewed.sort(), name);
          assert.ok(said.length > 0, name);
          assert.equal(usable, code === "", name);
          if (code !== "") assert.deepEqual(findingsOf({ findings })[0]?.code, code);
        }
        assert.deepEqual(world.verbs(), []);
      });

      it("looks at no address where none is given, and at an alias where one is", async () => {
        const key = await world.mint(SALES);
        assert.equal((await inspect(key))["usable"], true);
        assert.equal((await inspect(key, { sendAsEmail: SALES }))["usable"], true);
        assert.equal((await inspect(key, { sendAsEmail: ALICE }))["usable"], false);
      });

      it("answers with a finding, not with an error, where a file cannot be opened", async () => {
        const key = await world.mint();
        const cases: [object, string, string][] = [
          [{ password: "another" }, "wrongPassword", "password"],
          [{ pkcs12: "neither base64 nor a file" }, "unreadable", "pkcs12"],
          [{ pkcs12: Buffer.from("no PKCS#12").toString("base64") }, "unreadable", "pkcs12"],
          [{ pkcs12: "" }, "unreadable", "pkcs12"],
          [{ pkcs12: "A".repeat(100_000) }, "unreadable", "pkcs12"],
        ];
        for (const [args, code, field] of cases) {
          const { usable, findings, ...rest } = await inspect(key, args);
          const found = findings as Finding[];
          assert.deepEqual(
            [usable, found.map((each) => [each.code, each.severity, each.field])],
            [false, [[code, "error", field]]],
            JSON.stringify(found),
          );
          assert.deepEqual(rest, {});
          const { failures } = await world.story().preview({ it: certificate(key, args as Record<string, unknown>) });
          assert.deepEqual(
            failures["it"]?.map(({ reason }) => reason),
            found.map(({ reason }) => reason),
          );
        }
      });

      it("refuses arguments that are none, without their values", async () => {
        const wrong = ask(world, "inspectPkcs12", { password: 77_777, sendAsEmail: [ALICE], pkcs12Password: "s3cret" });
        await assert.rejects(wrong, ({ message }: Error) => {
          assert.match(message, /pkcs12 is required: .* password must be a string\. sendAsEmail must be a string\. /);
          assert.match(message, /pkcs12Password is not a property of this function/);
          assert.doesNotMatch(message, /77777|s3cret/);
          return true;
        });
      });
    });

    describe("inspectPublicKey", () => {
      const declared = (publicKey: string): Declared => ({
        token: "AuditPublicKey",
        args: { domain: "example.com", publicKey },
      });

      it("tells of a key what its resource would, and asks nothing", async () => {
        const { publicKey } = await mintPgpKey();
        const { usable, findings, ...facts } = await ask(world, "inspectPublicKey", { publicKey });
        assert.deepEqual([usable, findings], [true, []]);
        assert.deepEqual(world.verbs(), []);
        const story = world.story();
        clean(await story.up({ audit: declared(publicKey) }));
        const outputs = story.outputs("audit");
        const names = Object.keys(functions.inspectPublicKey.result).filter(
          (name) => !["usable", "findings", "expires"].includes(name),
        );
        assert.deepEqual(facts, Object.fromEntries(names.map((name) => [name, outputs[name]])));
      });

      it("finds what a preview would say of a key that is no good", async () => {
        const expired = { date: new Date("2026-01-01T00:00:00Z"), expiresInSeconds: 86_400 };
        const keys = {
          notRsa: (await mintPgpKey({ type: "ecc" })).publicKey,
          expired: (await mintPgpKey(expired)).publicKey,
          notArmored: "nothing of the kind",
          secretKey: (await mintPgpKey()).privateKey,
        };
        for (const [code, publicKey] of Object.entries(keys)) {
          const { usable, findings, ...rest } = await ask(world, "inspectPublicKey", { publicKey });
          const { failures } = await world.story().preview({ it: declared(publicKey) });
          const found = findings as Finding[];
          assert.deepEqual(
            [usable, rest, found.map((each) => [each.code, each.severity, each.field])],
            [false, {}, [[code, "error", "publicKey"]]],
          );
          assert.deepEqual(
            found.map(({ reason }) => reason),
            failures["it"]?.map(({ reason }) => reason),
          );
        }
        assert.deepEqual(world.verbs(), []);
      });
    });
  });
}

describe("a function's failures", () => {
  it("name no property to the engine that holds a secret or a key: it would print the value", async () => {
    const world = await World.start();
    try {
      const args = { pkcs12: 7, password: 7, sendAsEmail: 7, privateKey: "misspelt" };
      const { failures, result } = await invoke(functions.inspectPkcs12, args, servicesOf(world));
      assert.deepEqual(
        failures.map(({ field, reason }) => [field, reason.split(" ")[0]]),
        [
          ["", "pkcs12"],
          ["", "password"],
          ["sendAsEmail", "sendAsEmail"],
          ["", "privateKey"],
        ],
      );
      assert.deepEqual(result, {});
    } finally {
      await world.emulator.stop();
    }
  });
});
