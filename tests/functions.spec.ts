/** What the functions answer, and what they ask Google for it, for programs that ask themselves and through the plugin. */
import assert from "node:assert/strict";
import { ProgramFunctions } from "../provider/adapters/program";
import { machine } from "../provider/machine";
import { ASKING } from "./asking";
import { ALICE, BOB, PASSWORD, SALES, seed, World } from "./world";

const BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
const SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing";

for (const [way, ask] of Object.entries(ASKING)) {
  describe(`the functions, asked by the ${way}`, () => {
    let world: World;
    before(async () => {
      world = await World.start();
    });
    beforeEach(() => {
      world.emulator.seed(
        seed(
          {},
          {
            accessTokens: [
              { token: "own", user: ALICE, scopes: [BASIC] },
              { token: "sharing-only", user: ALICE, scopes: [SHARING] },
            ],
          },
        ),
      );
    });
    after(() => world.emulator.stop());

    describe("getSmimeCertificates", () => {
      it("tells what is on an address, the first to expire first", async () => {
        const late = await world.mint(ALICE, { notAfter: new Date("2028-01-01T00:00:00Z") });
        const past = await world.mint(ALICE, { notAfter: new Date("2026-10-01T00:00:00Z") });
        const [lateId, pastId] = [await world.byHand(late), await world.byHand(past)];
        world.emulator.setDefault(ALICE, ALICE, lateId);
        const { certificates } = await ask(world, "getSmimeCertificates", { userId: " Alice@Example.com " });
        const [first, second, ...others] = certificates as Record<string, unknown>[];
        assert.deepEqual(others, []);
        assert.deepEqual([first?.["certificateId"], second?.["certificateId"]], [pastId, lateId]);
        assert.deepEqual(first, {
          id: `users/${ALICE}/settings/sendAs/${ALICE}/smimeInfo/${pastId}`,
          certificateId: pastId,
          isDefault: false,
          fingerprint: past.fingerprint,
          subject: `CN=${ALICE}`,
          issuerCn: "Example S/MIME Issuing CA",
          emails: [ALICE],
          serialNumber: first?.["serialNumber"],
          notBefore: "2026-06-01T00:00:00Z",
          expiration: "2026-10-01T00:00:00Z",
          pem: `${past.certificatePem}${past.chainPem}`,
        });
        assert.match(String(first["serialNumber"]), /^[0-9A-F]{16,}$/);
        assert.equal(second?.["isDefault"], true);
        assert.deepEqual(world.verbs(), ["token", "list"]);
      });

      it("tells an empty list where there is none, of the address that is named", async () => {
        const sales = await world.mint(SALES);
        const { id } = await world.emulator.addCertificate({
          user: ALICE,
          sendAs: SALES,
          pkcs12: sales.bytes,
          password: PASSWORD,
        });
        assert.deepEqual(await ask(world, "getSmimeCertificates", { userId: ALICE }), { certificates: [] });
        const { certificates } = await ask(world, "getSmimeCertificates", { userId: ALICE, sendAsEmail: SALES });
        assert.deepEqual(
          (certificates as { id: string }[]).map((each) => each.id),
          [`users/${ALICE}/settings/sendAs/${SALES}/smimeInfo/${id}`],
        );
      });

      it("says which address or mailbox is unknown, and the next step", async () => {
        const elsewhere = ask(world, "getSmimeCertificates", { userId: ALICE, sendAsEmail: BOB });
        await assert.rejects(
          elsewhere,
          /^\w*Error: Gmail knows no address bob@example\.com \(mailbox alice@example\.com\)\. Next: .*getSendAsAddresses/,
        );
        const nobody = ask(world, "getSmimeCertificates", { userId: "nobody@example.com" });
        await assert.rejects(nobody, /nobody@example\.com: Google answered 400 invalid_grant .* Next: /);
      });

      it("names every argument that is wrong, at once, and asks nothing", async () => {
        const misshapen = ask(world, "getSmimeCertificates", { userId: 7, sendAsEmail: true, user: ALICE });
        await assert.rejects(misshapen, ({ message }: Error) => {
          assert.match(message, /userId must be a string\. sendAsEmail must be a string\. /);
          assert.match(message, /user is not a property of this function\. It takes userId, sendAsEmail\./);
          return true;
        });
        await assert.rejects(ask(world, "getSmimeCertificates", {}), /userId is required: The mailbox/);
        const wrong = ask(world, "getSmimeCertificates", { userId: "alice", sendAsEmail: "sales" });
        await assert.rejects(wrong, /userId is not an e-mail address\..* sendAsEmail is not an e-mail address\./);
        assert.deepEqual(world.verbs(), []);
      });

      it("takes `me` with a user's own token, and only then", async () => {
        await assert.rejects(
          ask(world, "getSmimeCertificates", { userId: "me", sendAsEmail: ALICE }),
          /userId is me, but a service account acts for a user only by name/,
        );
        await assert.rejects(
          ask(world, "getSmimeCertificates", { userId: "me" }, { accessToken: "own" }),
          /sendAsEmail is required where userId is me/,
        );
        assert.deepEqual(world.verbs(), []);
        const id = await world.byHand(await world.mint());
        const args = { userId: "me", sendAsEmail: ALICE };
        const { certificates } = await ask(world, "getSmimeCertificates", args, { accessToken: "own" });
        assert.equal((certificates as { id: string }[])[0]?.id, `users/me/settings/sendAs/${ALICE}/smimeInfo/${id}`);
        assert.deepEqual(world.verbs(), ["list"]);
      });
    });

    describe("getSendAsAddresses", () => {
      it("tells the mailbox's addresses, its own first", async () => {
        assert.deepEqual(await ask(world, "getSendAsAddresses", { userId: ALICE }), {
          addresses: [
            { sendAsEmail: ALICE, isPrimary: true, isDefault: true, treatAsAlias: false },
            {
              sendAsEmail: SALES,
              isPrimary: false,
              isDefault: false,
              treatAsAlias: true,
              verificationStatus: "accepted",
            },
          ],
        });
        assert.deepEqual(world.verbs(), ["token", "addresses"]);
      });

      it("tells what Google says of each, in an order of its own", async () => {
        const sendAs = [
          { sendAsEmail: "z@example.org", displayName: "Z", verificationStatus: "pending", isDefault: true },
          { sendAsEmail: "B@example.org", displayName: "", treatAsAlias: true },
          { sendAsEmail: BOB, displayName: "Bob", isPrimary: true },
        ];
        world.emulator.fault({ match: { path: "/sendAs$" }, times: 1, body: JSON.stringify({ sendAs }) });
        const no = { isPrimary: false, isDefault: false, treatAsAlias: false };
        assert.deepEqual(await ask(world, "getSendAsAddresses", { userId: BOB }), {
          addresses: [
            { ...no, sendAsEmail: BOB, displayName: "Bob", isPrimary: true },
            { ...no, sendAsEmail: "b@example.org", treatAsAlias: true },
            { ...no, sendAsEmail: "z@example.org", displayName: "Z", isDefault: true, verificationStatus: "pending" },
          ],
        });
      });

      it("says which scope is missing: the one for other addresses' certificates is not enough", async () => {
        const refused = ask(world, "getSendAsAddresses", { userId: "me" }, { accessToken: "sharing-only" });
        await assert.rejects(
          refused,
          /Listing the send-as addresses of me: Google answered 403 .*gmail\.settings\.basic/,
        );
        assert.deepEqual(world.verbs(), ["addresses"]);
      });

      it("asks again where Google is busy or the answer is not Gmail's", async () => {
        world.emulator.fault({ match: { path: "/sendAs$" }, times: 1, status: 503 });
        world.emulator.fault({ match: { path: "/sendAs$" }, times: 1, body: '{"sendAs":[{}]}' });
        const { addresses } = await ask(world, "getSendAsAddresses", { userId: BOB });
        assert.equal((addresses as object[]).length, 1);
        assert.deepEqual(world.verbs(), ["token", "addresses", "addresses", "addresses"]);
      });

      it("says which mailbox is unknown", async () => {
        world.emulator.fault({ match: { path: "/sendAs$" }, times: 1, status: 404, reason: "notFound" });
        await assert.rejects(
          ask(world, "getSendAsAddresses", { userId: BOB }),
          /Gmail knows no mailbox bob@example\.com/,
        );
        await assert.rejects(ask(world, "getSendAsAddresses", { userId: "bob" }), /userId is not an e-mail address/);
      });
    });
  });
}

describe("a function that a program asks", () => {
  it("rejects with our own error alone: what the language throws can quote a secret", async () => {
    const failing = (): never => {
      throw new TypeError("s3cret");
    };
    const asked = new ProgramFunctions(machine).call("inspectPkcs12", {}, { setting: failing, log: () => undefined });
    await assert.rejects(asked, ({ name, message }: Error) => {
      assert.equal(name, "MailKeyError");
      assert.match(message, /^inspectPkcs12 failed with an unexpected TypeError\. This is a defect/);
      return true;
    });
  });
});
