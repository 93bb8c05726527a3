/** State that another version wrote, or a person by hand: a value of another type is as good as missing. */
import assert from "node:assert/strict";
import { ADAPTERS, openSession, type Held, type Session } from "./sessions";
import { ALICE, NOW, PASSWORD, seed, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`a state of others, through the ${adapter} adapter`, () => {
    let world: World;
    let key: Minted;
    let session: Session;
    const messages: string[] = [];
    before(async () => {
      world = await World.start(adapter);
      key = await world.mint();
    });
    after(() => world.emulator.stop());
    /** Of a process of its own: what another one declared is forgotten. */
    async function open(): Promise<void> {
      session = await openSession[adapter]({
        config: { credentials: JSON.stringify(world.emulator.keyFile), endpoint: world.emulator.url },
        environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
        now: () => new Date(),
        elapsed: () => 0,
        sleep: () => Promise.resolve(),
        fetch: globalThis.fetch,
        log: (_severity, message) => void messages.push(message),
      });
    }
    beforeEach(async () => {
      world.emulator.seed(seed());
      await open();
    });
    afterEach(() => session.close());

    async function made(): Promise<Held> {
      const news = { userId: ALICE, pkcs12: key.pkcs12, password: PASSWORD, renewBeforeDays: 30 };
      const { inputs, failures } = await session.check("SmimeCertificate", {}, news);
      assert.deepEqual(failures, []);
      return { inputs, ...(await session.create("SmimeCertificate", inputs, false)) };
    }

    it("is updated", async () => {
      const { id, inputs, state } = await made();
      const strange = { ...state, expiration: { toString: "" }, renewalDueAt: [true], emails: "none" };
      const updated = await session.update("SmimeCertificate", { id, inputs, state: strange }, inputs, false);
      assert.equal(updated["certificateId"], state["certificateId"]);
    });

    it("is not quoted where it names no address: it may hold a key in the wrong place", async () => {
      const { inputs } = await made();
      messages.length = 0;
      const news = { userId: ALICE, pkcs12: key.pkcs12, password: PASSWORD };
      await session.check("SmimeCertificate", { ...inputs, sendAsEmail: key.privateKeyPem }, news);
      assert.match(
        messages.join("\n"),
        /replaces the certificate on what is no address \(mailbox alice@example\.com\)/,
      );
      assert.doesNotMatch(messages.join("\n"), /PRIVATE KEY/);
    });

    for (const adopted of [undefined, "false", 0]) {
      it(`deletes no key that it does not surely say to be ours: adopted is ${JSON.stringify(adopted)}`, async () => {
        const { id, inputs, state } = await made();
        session.close();
        await open();
        await session.delete("SmimeCertificate", { id, inputs, state: { ...state, adopted } });
        assert.deepEqual(world.fingerprints(), [key.fingerprint]);
        await session.delete("SmimeCertificate", { id, inputs, state });
        assert.deepEqual(world.fingerprints(), []);
      });
    }
  });
