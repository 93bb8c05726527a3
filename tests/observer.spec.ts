/** What the provider writes down for drift, report and review where they ask it to: what it sees, once, and nothing secret. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFound, type Found } from "../commands/inventory/found";
import { OBSERVED } from "../provider/google/observer";
import { ADAPTERS } from "./sessions";
import { leaks, tracesOf, tracesOfFile, tracesOfPem } from "./traces";
import {
  ALICE,
  BOB,
  certificate,
  clean,
  defaultOf,
  mailbox,
  NOW,
  PASSWORD,
  SALES,
  seed,
  World,
  type Minted,
} from "./world";

for (const adapter of ADAPTERS)
  describe(`what the provider observes, through the ${adapter} adapter`, () => {
    let world: World;
    let key: Minted;
    let folder: string;
    let file: string;
    before(async () => {
      world = await World.start(adapter);
      key = await world.mint();
      folder = mkdtempSync(join(tmpdir(), "observed-"));
      file = join(folder, "observed.jsonl");
    });
    beforeEach(() => {
      world.emulator.seed(seed());
      writeFileSync(file, "");
    });
    after(async () => {
      rmSync(folder, { recursive: true });
      await world.emulator.stop();
    });

    const observing = (name = file) =>
      world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, [OBSERVED]: name } });
    const told = (): Found => parseFound(readFileSync(file, "utf8"));
    /** A stack of its own, read anew with somebody looking on. */
    async function refreshed(): Promise<void> {
      const quiet = world.story();
      clean(await quiet.up(mailbox(key)));
      world.emulator.clearRequests();
      const story = observing();
      story.kept = quiet.kept;
      clean(await story.refresh());
    }

    it("is every certificate of the mailbox's addresses, each list asked for once", async () => {
      await world.byHand(key, ALICE);
      await refreshed();
      const { addresses, unasked, at } = told();
      assert.deepEqual([addresses.map(({ sendAsEmail }) => sendAsEmail).sort(), unasked], [[ALICE, SALES], []]);
      const [alice] = addresses;
      assert.deepEqual(
        alice?.certificates?.map(({ facts, isDefault }) => [facts?.fingerprint, isDefault]),
        [[key.fingerprint, true]],
      );
      assert.equal(at?.slice(0, 10), NOW.slice(0, 10));
      assert.deepEqual(world.verbs().sort(), ["addresses", "list", "list", "token", "token"]);
    });

    it("is what Check has read, with nothing secret in it", async () => {
      const story = observing();
      clean(await story.preview(mailbox(key)));
      const leaf = told().leaves.get(key.fingerprint);
      assert.deepEqual([leaf?.subject, leaf?.notBefore], [`CN=${ALICE}`, "2026-06-01T00:00:00Z"]);
      assert.deepEqual(world.verbs(), []);
      await refreshed();
      const text = readFileSync(file, "utf8");
      const canaries = {
        password: tracesOf(PASSWORD),
        file: tracesOfFile(key.bytes),
        key: tracesOf(
          Buffer.from(String(createPrivateKey(key.privateKeyPem).export({ format: "jwk" }).d), "base64url"),
        ),
        account: tracesOfPem(world.emulator.keyFile.private_key),
      };
      assert.deepEqual(leaks(canaries, [text]), []);
    });

    it("says which addresses could not be looked at, and fails nothing for one that nobody declared", async () => {
      world.emulator.fault({ match: { path: `${SALES}/smimeInfo$` }, times: 9, status: 403, reason: "forbidden" });
      await refreshed();
      const sales = told().addresses.find(({ sendAsEmail }) => sendAsEmail === SALES);
      assert.match(sales?.reason ?? "", /sales@example\.com/);
      writeFileSync(file, "");
      world.emulator.seed(seed());
      world.emulator.fault({ match: { path: "settings/sendAs$" }, times: 9, status: 403, reason: "forbidden" });
      await refreshed();
      assert.deepEqual(
        told().unasked.map(({ userId }) => userId),
        [ALICE],
      );
    });

    it("hands the list of another address of the mailbox on to who declares it", async () => {
      const both = await world.mint(ALICE, { emails: [ALICE, SALES] });
      const program = { one: certificate(both), two: certificate(both, { sendAsEmail: SALES }) };
      const quiet = world.story();
      clean(await quiet.up(program));
      world.emulator.clearRequests();
      const story = observing();
      story.kept = quiet.kept;
      clean(await story.refresh());
      assert.equal(world.verbs().filter((verb) => verb === "list").length, 2);
    });

    it("is nothing where nobody looks on, and a sentence where the file is not there", async () => {
      const story = world.story();
      clean(await story.up(mailbox(key)));
      clean(await story.refresh());
      assert.ok(!world.verbs().includes("addresses"));
      const { errors, failures } = await observing(join(folder, "absent")).preview({
        bob: defaultOf("x", { userId: BOB }),
      });
      assert.match(
        JSON.stringify([errors, failures]),
        /GOOGLE_WORKSPACE_MAIL_OBSERVED names a file that cannot be written/,
      );
    });
  });
