// Time, through both adapters: what a preview says of certificates that expire, which of several an address signs with,
// and that nothing else about them ever changes by the clock.
import assert from "node:assert/strict";
import { ADAPTERS } from "./sessions";
import { output, type Declared, type Program, type Story } from "./story";
import { ALICE, BOB, certificate, clean, defaultOf, NOW, seed, unchanged, World, type Minted } from "./world";

/** Of the certificates of this spec, in order: the first is due, then expires, then the second does; later is not yet. */
const DUE = "2026-12-01T00:00:00Z";
const FIRST_EXPIRED = "2027-01-01T00:00:00Z";
const ALL_EXPIRED = "2028-01-01T00:00:00Z";
const first = { notAfter: new Date("2026-12-10T00:00:00Z") };
const RENEW = { renewBeforeDays: 30 };

for (const adapter of ADAPTERS)
  describe(`expiry, through the ${adapter} adapter`, () => {
    let world: World;
    let soon: Minted;
    let long: Minted;
    before(async () => {
      world = await World.start(adapter);
      [soon, long] = await Promise.all([world.mint(ALICE, first), world.mint()]);
    });
    beforeEach(() => world.emulator.seed(seed()));
    after(() => world.emulator.stop());

    /** The same stack, seen from a machine whose clock says `now`. */
    function at(now: string, story?: Story): Story {
      const later = world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: now } });
      for (const [name, kept] of story?.kept ?? []) later.kept.set(name, kept);
      return later;
    }

    /** Without a request. */
    async function previewed(now: string, story: Story, program: Program) {
      world.emulator.clearRequests();
      const outcome = await at(now, story).preview(program);
      assert.deepEqual(world.verbs(), []);
      return outcome;
    }

    describe("of a certificate that is there and due", () => {
      for (const [expiryPolicy, severity] of [
        ["warn", "a warning"],
        ["error", "a failure"],
        ["ignore", "nothing"],
      ] as const)
        it(`is ${severity} under expiryPolicy ${expiryPolicy}, in preview as in up`, async () => {
          const program = { it: certificate(soon, { ...RENEW, expiryPolicy }) };
          const story = at("2026-11-01T00:00:00Z");
          const early = await story.up(program);
          clean(early);
          assert.doesNotMatch(early.messages.join(), /due for renewal/);
          for (const outcome of [await previewed(DUE, story, program), await at(DUE, story).up(program)]) {
            const said = /certificate: expires at 2026-12-10T00:00:00Z and was due for renewal at 2026-11-10T00:00:00Z/;
            const failures = (outcome.failures["it"] ?? []).map(({ reason }) => reason);
            assert.equal(said.test(failures.join()), severity === "a failure");
            assert.equal(said.test(outcome.messages.join()), severity === "a warning");
          }
          assert.deepEqual(world.writes(), []);
        });
    });

    it("changes no output: refresh and preview at another time find what was there", async () => {
      const program = { ...pair(RENEW), soon: certificate(soon, RENEW) };
      const story = at(NOW);
      clean(await story.up(program));
      const before = ["soon", "long", "signs"].map((name) => story.outputs(name));
      for (const now of [DUE, FIRST_EXPIRED, ALL_EXPIRED, NOW]) {
        const later = at(now, story);
        unchanged(await later.refresh());
        unchanged(await later.preview(program));
        assert.deepEqual(
          ["soon", "long", "signs"].map((name) => later.outputs(name)),
          before,
          now,
        );
      }
      assert.equal(before[0]?.["renewalDueAt"], "2026-11-10T00:00:00Z");
      assert.deepEqual(world.writes(), ["insert", "insert", "setDefault"]);
    });

    it("of one certificate holds up no other in the stack", async () => {
      const bob = await world.mint(BOB);
      const story = at(NOW);
      clean(await story.up(pair()));
      const program = { ...pair(), bob: certificate(bob, { userId: BOB }), hers: hers("bob") };
      const later = at(FIRST_EXPIRED, story);
      const outcome = await later.up(program);
      assert.deepEqual(clean(outcome), { soon: "same", long: "same", signs: "same", bob: "create", hers: "create" });
      assert.match(outcome.messages.join(), /alice@example\.com: certificate: expired at 2026-12-10T00:00:00Z/);
      assert.equal(world.default(BOB), bob.fingerprint);
    });

    const hers = (of: string): Declared => defaultOf(output(of, "id"), { userId: BOB });

    const candidate = (of: string, more: object = {}): object => ({
      certificateId: output(of, "id"),
      expiration: output(of, "expiration"),
      ...more,
    });
    const choosing = (candidates: readonly object[], args: object = {}): Declared => ({
      token: "DefaultSmimeCertificate",
      args: { userId: ALICE, choose: "furthestExpiry", candidates, ...args },
    });
    const pair = (args: object = {}): Program => ({
      soon: certificate(soon),
      long: certificate(long),
      signs: choosing([candidate("soon"), candidate("long")], args),
    });

    describe("of the one that was chosen to sign", () => {
      const lone = (args: object): Program => ({
        soon: certificate(soon, { expiryPolicy: "ignore" }),
        signs: choosing([candidate("soon")], args),
      });
      const due =
        /the last of the candidates expires at 2026-12-10T00:00:00Z and was due for renewal at 2026-11-10T00:00:00Z\. Add/;
      const none = /every candidate has expired, so the default stays as it is\. Add a new certificate\./;

      for (const [now, said] of [
        [DUE, due],
        [FIRST_EXPIRED, none],
      ] as const)
        for (const [expiryPolicy, severity] of [
          ["warn", "a warning"],
          ["error", "a failure"],
          ["ignore", "nothing"],
        ] as const)
          it(`is ${severity} under expiryPolicy ${expiryPolicy}, at ${now}`, async () => {
            const program = lone({ ...RENEW, expiryPolicy });
            const story = at("2026-11-01T00:00:00Z");
            assert.doesNotMatch((await story.up(program)).messages.join(), /candidate/);
            const outcome = await previewed(now, story, program);
            assert.equal(
              said.test((outcome.failures["signs"] ?? []).map(({ reason }) => reason).join()),
              severity === "a failure",
            );
            assert.equal(said.test(outcome.messages.join()), severity === "a warning");
            assert.equal(outcome.steps["signs"], severity === "a failure" ? undefined : "same");
          });

      it("is none while another one is valid for longer", async () => {
        const program = pair({ ...RENEW, expiryPolicy: "error" });
        const story = at(NOW);
        clean(await story.up(program));
        for (const now of [DUE, FIRST_EXPIRED]) unchanged(await previewed(now, story, program));
        assert.equal(world.default(), long.fingerprint);
      });

      it("goes with choose alone", async () => {
        const { failures } = await at(NOW).preview({ signs: defaultOf("ANe1Bm", { ...RENEW, expiryPolicy: "warn" }) });
        assert.deepEqual(failures["signs"], [
          { property: "renewBeforeDays", reason: "renewBeforeDays goes with choose. Set it on the SmimeCertificate." },
          { property: "expiryPolicy", reason: "expiryPolicy goes with choose. Set it on the SmimeCertificate." },
        ]);
      });
    });

    describe("and the choice", () => {
      /** Gmail takes no upload of a certificate before it is valid, but an administrator may have put it there. */
      async function withNext(): Promise<Program> {
        const next = await world.mint(ALICE, {
          notBefore: new Date(FIRST_EXPIRED),
          notAfter: new Date("2028-05-01T00:00:00Z"),
        });
        await world.byHand(next);
        return {
          long: certificate(long),
          next: { token: "SmimeCertificate", args: { userId: ALICE, certificate: next.certificatePem } },
          signs: choosing([candidate("next", { notBefore: output("next", "notBefore") }), candidate("long")]),
        };
      }

      it("falls on the next certificate once that is valid: a preview shows it, without a request, and nothing else", async () => {
        const program = await withNext();
        const story = at(NOW);
        clean(await story.up(program));
        assert.equal(world.default(), long.fingerprint);
        unchanged(await previewed(DUE, story, program));
        const outcome = await previewed(FIRST_EXPIRED, story, program);
        assert.deepEqual(clean(outcome), { long: "same", next: "same", signs: "update" });
        const later = at(FIRST_EXPIRED, story);
        clean(await later.up(program));
        assert.deepEqual(world.verbs(), ["token", "setDefault"]);
        assert.equal(
          world.default(),
          world.fingerprints().find((each) => each !== long.fingerprint),
        );
        unchanged(await previewed(FIRST_EXPIRED, later, program));
      });

      it("falls on none that is valid only later, and says so where there is no other", async () => {
        const { long: _long, ...program } = await withNext();
        const signs = choosing([candidate("next", { notBefore: output("next", "notBefore") })]);
        const outcome = await at(NOW).up({ ...program, signs });
        assert.match(outcome.messages.join(), /every candidate has expired or is not valid yet, so the default stays/);
        assert.ok(!world.writes().includes("setDefault"));
      });

      it("is known in a preview before an older certificate is uploaded, where its times are", async () => {
        const story = at(NOW);
        clean(await story.up({ long: certificate(long), signs: choosing([candidate("long")]) }));
        const outcome = await previewed(NOW, story, pair());
        // the dynamic protocol has no outputs before they are there
        const signs = adapter === "plugin" ? "same" : "update";
        assert.deepEqual(clean(outcome), { soon: "create", long: "same", signs });
        world.emulator.clearRequests();
        assert.equal(clean(await story.up(pair()))["signs"], "same");
        assert.deepEqual(world.writes(), ["insert"]);
      });
    });
  });
