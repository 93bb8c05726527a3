// The contract of the emulator: Gmail's methods and their refusals, over HTTP, by an independent client.
// Token endpoint, audit API, knobs and control have specs of their own (emulatorTokens, emulatorAudit, emulatorControl).
import assert from "node:assert/strict";
import { Client, Mint, reason, seed, smimePath, base64url, type Reply } from "./emulatorClient";
import { startEmulator, type Emulator } from "./emulator";
import { mintAuthority, mintLeaf, mintPkcs12 } from "./mint";

const mint = new Mint();
let emulator: Emulator;
let alice: Client;

/** Google tells nobody why. */
function assertBareRefusal(reply: Reply): void {
  assert.equal(reply.status, 400, reply.text);
  assert.deepEqual(reply.json.error, {
    code: 400,
    message: "Bad Request",
    errors: [{ message: "Bad Request", domain: "global", reason: "invalidArgument" }],
    status: "INVALID_ARGUMENT",
  });
}

describe("emulator", () => {
  before(async () => {
    emulator = await startEmulator({ seed });
    alice = new Client(emulator.url);
  });
  beforeEach(() => {
    emulator.seed(seed);
  });
  after(() => emulator.stop());

  describe("smimeInfo", () => {
    it("inserts a PKCS#12 and answers id, issuer, expiration as text and the chain, leaf first, without the root", async () => {
      const leaf = await mint.leaf();
      const { intermediatePem, rootPem } = await mint.ca;
      const pkcs12 = await mintPkcs12(leaf, { password: "pässwörd", chainPem: leaf.chainPem + rootPem });
      const reply = await alice.insert(pkcs12, { password: "pässwörd" });
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(Object.keys(reply.json).sort(), ["expiration", "id", "issuerCn", "pem"]);
      assert.equal(reply.json.expiration, String(leaf.notAfter.getTime()));
      assert.equal(reply.json.issuerCn, "Example S/MIME Issuing CA");
      assert.equal(reply.json.pem?.replace(/\s/g, ""), (leaf.certificatePem + intermediatePem).replace(/\s/g, ""));
      assert.deepEqual((await alice.get(reply.json.id ?? "")).json, reply.json);
      assert.deepEqual((await alice.list()).json, { smimeInfo: [reply.json] });
    });

    it("opens RSA and EC keys", async () => {
      for (const keyKind of ["RSA-2048", "P-256", "P-384"] as const) {
        const reply = await alice.insert(await mint.pkcs12({ keyKind }));
        assert.equal(reply.status, 200, keyKind);
      }
    });

    it("answers an empty list without an array", async () => {
      assert.deepEqual((await alice.list()).json, {});
    });

    it("accepts base64url without padding, and the address in any case and percent-encoding", async () => {
      const pkcs12 = base64url(await mint.pkcs12()).replace(/=+$/, "");
      const reply = await alice.call("POST", smimePath("ALICE@Example.com", "Alice@EXAMPLE.com"), { pkcs12 });
      assert.equal(reply.status, 200, reply.text);
    });

    it("sets a default, and only that one says isDefault", async () => {
      const first = await alice.insert(await mint.pkcs12());
      const second = await alice.insert(await mint.pkcs12());
      for (const { json } of [first, second]) {
        const reply = await alice.setDefault(json.id ?? "");
        assert.deepEqual([reply.status, reply.text], [204, ""]);
      }
      const listed = (await alice.list()).json.smimeInfo ?? [];
      assert.deepEqual(
        listed.map((each) => "isDefault" in each),
        [false, true],
      );
    });

    it("deletes with 204 and no body, and then knows the id no more", async () => {
      const { json } = await alice.insert(await mint.pkcs12());
      const id = json.id ?? "";
      const reply = await alice.delete(id);
      assert.deepEqual([reply.status, reply.text], [204, ""]);
      for (const again of [await alice.delete(id), await alice.get(id), await alice.setDefault(id)]) {
        assert.deepEqual([again.status, reason(again)], [404, "notFound"]);
      }
    });

    it("refuses a wrong password, a missing one and one too many, without the cause", async () => {
      const leaf = await mint.leaf();
      const locked = await mintPkcs12(leaf, { password: "right" });
      assertBareRefusal(await alice.insert(locked, { password: "wrong" }));
      assertBareRefusal(await alice.insert(locked));
      assertBareRefusal(await alice.insert(await mintPkcs12(leaf), { password: "right" }));
    });

    it("refuses what is no PKCS#12", async () => {
      const good = await mint.pkcs12();
      for (const bytes of [
        Buffer.from("hello"),
        good.subarray(0, 200),
        Buffer.alloc(64, 0x30),
        Buffer.alloc(5000, 0x30),
      ]) {
        assertBareRefusal(await alice.insert(bytes));
      }
    });

    it("refuses a file without key, without certificate, with two keys, or with another's key", async () => {
      const leaf = await mint.leaf();
      const other = await mint.leaf();
      const files = [
        { privateKeyPem: null },
        { certificatePem: null, chainPem: "" },
        { certificatePem: null },
        { privateKeyPem: other.privateKeyPem },
        { extraKeyPem: other.privateKeyPem },
      ];
      for (const options of files) assertBareRefusal(await alice.insert(await mintPkcs12(leaf, options)));
    });

    it("refuses an expired and a not yet valid certificate, by the emulator's clock", async () => {
      const pkcs12 = await mint.pkcs12();
      for (const now of ["2027-11-01T00:00:01Z", "2026-05-31T23:59:59Z"]) {
        emulator.setClock(now);
        assertBareRefusal(await alice.insert(pkcs12));
      }
      emulator.setClock("2027-10-31T23:59:00Z");
      assert.equal((await alice.insert(pkcs12)).status, 200);
    });

    it("refuses a certificate for another address, and takes the subject's emailAddress as well as the SAN", async () => {
      assertBareRefusal(await alice.insert(await mint.pkcs12({ emails: ["bob@example.com"] })));
      assertBareRefusal(await alice.insert(await mint.pkcs12({ emails: ["alice+tag@example.com"] })));
      const subject = { emails: [], commonName: "Alice", subjectEmail: "alice@example.com" };
      assert.equal((await alice.insert(await mint.pkcs12(subject))).status, 200);
      assert.equal((await alice.insert(await mint.pkcs12({ emails: ["Alice@Example.COM"] }))).status, 200);
    });

    it("refuses a chain without intermediate: none, the root alone, or somebody else's", async () => {
      const leaf = await mint.leaf();
      const stranger = await mintAuthority({ name: "Stranger" });
      const { rootPem } = await mint.ca;
      for (const chainPem of ["", rootPem, stranger.intermediatePem]) {
        assertBareRefusal(await alice.insert(await mintPkcs12(leaf, { chainPem })));
      }
      const byRoot = await mint.leaf({ issuedByRoot: true });
      assertBareRefusal(await alice.insert(await mintPkcs12(byRoot, { chainPem: rootPem })));
    });

    it("refuses unknown fields, isDefault among them, and values of the wrong kind", async () => {
      const pkcs12 = base64url(await mint.pkcs12());
      const bodies = [{ pkcs12, isDefault: true }, { pkcs12, id: "x" }, { pkcs12: 7 }, {}, [], "not json"];
      for (const body of bodies) assertBareRefusal(await alice.call("POST", smimePath(), body));
      assertBareRefusal(await alice.call("POST", smimePath(), { pkcs12, encryptedKeyPassword: null }));
    });

    it("refuses the standard base64 alphabet", async () => {
      let pkcs12 = "";
      while (!/[+/]/.test(pkcs12)) pkcs12 = (await mint.pkcs12()).toString("base64");
      assertBareRefusal(await alice.call("POST", smimePath(), { pkcs12 }));
    });

    it("trusts any root, or, with the knob, the seeded ones alone", async () => {
      const stranger = await mintAuthority({ name: "Stranger" });
      const foreign = await mintPkcs12(await mintLeaf(stranger, { emails: ["alice@example.com"] }));
      assert.equal((await alice.insert(foreign)).status, 200);
      emulator.seed({ ...seed, trustedRoots: [(await mint.ca).rootPem], knobs: { trust: "roots" } });
      assertBareRefusal(await alice.insert(foreign));
      assert.equal((await alice.insert(await mint.pkcs12())).status, 200);
    });
  });

  describe("who may call Gmail", () => {
    it("answers 401 authError to no token and to an unknown one", async () => {
      for (const reply of [
        await alice.as("nobody").list(),
        await alice.call("GET", smimePath(), undefined, { authorization: "" }),
      ]) {
        assert.deepEqual(
          [reply.status, reason(reply), reply.json.error?.status],
          [401, "authError", "UNAUTHENTICATED"],
        );
      }
    });

    it("lets a token act for its own user only", async () => {
      const reply = await alice.call("GET", smimePath("bob@example.com", "bob@example.com"));
      assert.deepEqual([reply.status, reason(reply)], [403, "forbidden"]);
    });

    it("answers 404 notFound for an address the user does not have", async () => {
      for (const reply of [
        await alice.list("x@example.com"),
        await alice.as("alice-basic").delete("1", "x@example.com"),
      ]) {
        assert.deepEqual([reply.status, reason(reply), reply.json.error?.status], [404, "notFound", "NOT_FOUND"]);
      }
    });

    it("wants settings.basic for writes on the primary address and settings.sharing on another", async () => {
      const pkcs12 = await mint.pkcs12();
      const table = [
        ["alice-basic", "alice@example.com", 200],
        ["alice-basic", "sales@example.com", 403],
        ["alice-sharing", "alice@example.com", 403],
        ["alice-sharing", "sales@example.com", 200],
        ["alice-readonly", "alice@example.com", 403],
        ["alice-nothing", "alice@example.com", 403],
      ] as const;
      for (const [token, address, status] of table) {
        const reply = await alice.as(token).insert(pkcs12, { address });
        assert.equal(reply.status, status, `${token} on ${address}`);
        if (status === 403) assert.equal(reason(reply), "insufficientPermissions");
      }
      const id = (await alice.list("sales@example.com")).json.smimeInfo?.[0]?.id ?? "";
      const basic = alice.as("alice-basic");
      assert.equal((await basic.setDefault(id, "sales@example.com")).status, 403);
      assert.equal((await basic.delete(id, "sales@example.com")).status, 403);
      assert.equal((await alice.as("alice-sharing").delete(id, "sales@example.com")).status, 204);
    });

    it("lets any of the mail scopes read certificates, and all but settings.sharing read addresses", async () => {
      const sendAs = "/gmail/v1/users/me/settings/sendAs";
      for (const [token, certificates, addresses] of [
        ["alice-basic", 200, 200],
        ["alice-sharing", 200, 403],
        ["alice-readonly", 200, 200],
        ["alice-nothing", 403, 403],
      ] as const) {
        const client = alice.as(token);
        assert.equal((await client.list("sales@example.com")).status, certificates, token);
        assert.equal((await client.call("GET", sendAs)).status, addresses, token);
        assert.equal((await client.call("GET", `${sendAs}/sales%40example.com`)).status, addresses, token);
      }
    });

    it("lists and gets send-as addresses, the primary one marked", async () => {
      const list = await alice.call("GET", "/gmail/v1/users/me/settings/sendAs");
      assert.deepEqual(
        list.json.sendAs?.map((each) => [each.sendAsEmail, each.isPrimary]),
        [
          ["alice@example.com", true],
          ["sales@example.com", undefined],
        ],
      );
      const one = await alice.call("GET", "/gmail/v1/users/me/settings/sendAs/SALES@example.com");
      assert.equal(one.json.sendAsEmail, "sales@example.com");
      const none = await alice.call("GET", "/gmail/v1/users/me/settings/sendAs/none@example.com");
      assert.deepEqual([none.status, reason(none)], [404, "notFound"]);
    });

    it('answers 403 "Feature not enabled" to an unlicensed user and where the domain has S/MIME off', async () => {
      const unlicensed = { ...seed, users: [{ email: "alice@example.com", licensed: false }] };
      const off = { ...seed, domains: [{ name: "example.com", smimeEnabled: false }] };
      for (const each of [unlicensed, off]) {
        emulator.seed(each);
        const reply = await alice.list();
        assert.deepEqual([reply.status, reason(reply)], [403, "forbidden"]);
        assert.match(reply.json.error?.message ?? "", /Feature not enabled/);
      }
    });

    it("serves a discovery document of these methods", async () => {
      const reply = await alice.call("GET", "/$discovery/rest?version=v1");
      assert.equal(reply.status, 200);
      const document = JSON.parse(reply.text) as { rootUrl: string; resources: object };
      assert.equal(document.rootUrl, `${emulator.url}/`);
      for (const method of ["insert", "list", "get", "delete", "setDefault"]) {
        assert.match(reply.text, new RegExp(`"gmail.users.settings.sendAs.smimeInfo.${method}"`));
      }
    });

    it("answers 404 in Google's shape to every other path and verb", async () => {
      for (const [method, path] of [
        ["GET", "/"],
        ["PATCH", smimePath()],
        ["PUT", `${smimePath()}/x`],
        ["GET", `${smimePath()}/x/setDefault`],
        ["POST", `${smimePath()}/x/setDefault/y`],
        ["GET", "/gmail/v1/users/me/profile"],
      ] as const) {
        const reply = await alice.call(method, path);
        assert.deepEqual([reply.status, reason(reply)], [404, "notFound"], `${method} ${path}`);
      }
    });
  });
});
