/** State and Gmail side by side, and what is made of them: findings, the verdict's exit code, and what it says up would do. */
import assert from "node:assert/strict";
import { Console } from "../commands/console";
import { textOf } from "../commands/drift/text";
import { markdownOf } from "../commands/drift/markdown";
import { verdictOf, type Verdict } from "../commands/drift/verdict";
import { findingsOf } from "../commands/inventory/findings";
import { parseFound, type Found } from "../commands/inventory/found";
import { inventoryOf, type Inventory } from "../commands/inventory/inventory";
import type { Preview, Step } from "../commands/stack/preview";
import { parseState } from "../commands/stack/state";
import { mintAuthority, mintLeaf, type Leaf } from "./mint";
import { ALICE, BOB, NOW, SALES } from "./world";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc:def" };
const PRESENT: Preview = { ok: true, steps: [], messages: [], violations: [], same: 0 };

interface Made {
  readonly type: string;
  readonly name: string;
  readonly id?: string;
  readonly inputs?: object;
  readonly outputs?: object;
  readonly delete?: boolean;
}

const smimeId = (id: string, user = ALICE, sendAs = user): string =>
  `users/${user}/settings/sendAs/${sendAs}/smimeInfo/${id}`;
const urn = (type: string, name: string): string =>
  `urn:pulumi:prod::mail::google-workspace-mail:index:${type}::${name}`;

const stateOf = (...made: Made[]) =>
  parseState(
    JSON.stringify({
      version: 3,
      deployment: {
        manifest: { time: "2026-11-20T00:00:00.123Z" },
        resources: made.map(({ type, name, ...rest }) => ({
          urn: urn(type, name),
          type: `google-workspace-mail:index:${type}`,
          modified: "2026-11-20T10:00:00.5Z",
          ...rest,
        })),
      },
    }),
  );

describe("the inventory", () => {
  let leaf: Record<"old" | "now" | "next", Leaf>;
  before(async () => {
    const authority = await mintAuthority();
    const until = (day: string): Promise<Leaf> =>
      mintLeaf(authority, { emails: [ALICE], notAfter: new Date(`${day}T00:00:00Z`) });
    const [old, now, next] = await Promise.all([until("2026-11-01"), until("2026-12-10"), until("2028-01-01")]);
    leaf = { old, now, next };
  });

  const certificate = (name: keyof typeof leaf, more: Partial<Made> & { outputs?: object } = {}): Made => ({
    type: "SmimeCertificate",
    name,
    id: smimeId(name),
    inputs: { pkcs12: SECRET },
    ...more,
    outputs: {
      userId: ALICE,
      fingerprint: leaf[name].fingerprint,
      expiration: `${{ old: "2026-11-01", now: "2026-12-10", next: "2028-01-01" }[name]}T00:00:00Z`,
      ...more.outputs,
    },
  });
  const signs = (id: keyof typeof leaf): Made => ({
    type: "DefaultSmimeCertificate",
    name: "signs",
    id: `users/${ALICE}/settings/sendAs/${ALICE}/defaultSmimeInfo`,
    outputs: { userId: ALICE, sendAsEmail: ALICE, appliedCertificateId: id, certificateId: id },
  });
  /** `now*`: the default; `x=now`: the same certificate under another id. */
  const seen = (names: string, where: object = {}): object => ({
    at: NOW,
    userId: ALICE,
    sendAsEmail: ALICE,
    certificates: names
      .split(" ")
      .filter(Boolean)
      .map((name) => {
        const [id = "", same] = name.replace("*", "").split("=");
        return { id, isDefault: name.endsWith("*"), pem: leaf[(same ?? id) as keyof typeof leaf].certificatePem };
      }),
    ...where,
  });
  const found = (...lines: object[]): Found => parseFound(lines.map((each) => `${JSON.stringify(each)}\n`).join(""));
  const inventory = (made: Made[], lines: object[] = [], renewBeforeDays = 0): Inventory =>
    inventoryOf(stateOf(...made), found(...lines), { now: new Date(NOW), renewBeforeDays });
  const kinds = (made: Made[], lines: object[], days?: number): string[] =>
    findingsOf(inventory(made, lines, days)).map(({ kind, sendAsEmail }) =>
      sendAsEmail === undefined || sendAsEmail === ALICE ? kind : `${kind} ${sendAsEmail}`,
    );

  it("lets an old certificate lapse that another outlives, and no other", () => {
    assert.deepEqual(kinds([certificate("old"), certificate("next")], [seen("old next*")]), []);
    assert.deepEqual(kinds([certificate("old")], [seen("old")]), ["expired"]);
    assert.deepEqual(kinds([certificate("old"), certificate("next")], [seen("old* next")]), ["expired"]); // it still signs
    assert.deepEqual(kinds([certificate("old")], [seen("old next*")]), ["expired", "unmanaged"]); // nobody's plan
    assert.deepEqual(kinds([certificate("old"), certificate("next")], [seen("old*")]), ["missing", "expired"]);
  });

  it("is due by the resource's own days, or else by those that were asked for, unless renewed already", () => {
    const due = { outputs: { renewalDueAt: "2026-11-10T00:00:00Z" } };
    assert.deepEqual(kinds([certificate("now", due)], [seen("now*")]), ["renewalDue"]);
    assert.deepEqual(kinds([certificate("now")], [seen("now*")], 18), ["renewalDue"]);
    assert.deepEqual(kinds([certificate("now")], [seen("now*")], 17), []);
    const later = { outputs: { renewalDueAt: "2026-12-01T00:00:00Z" } };
    assert.deepEqual(kinds([certificate("now", later)], [seen("now*")], 30), []);
    assert.deepEqual(kinds([certificate("now", due), certificate("next")], [seen("now* next")]), []);
    assert.deepEqual(kinds([], [seen("now*")], 30), ["unmanagedElsewhere"]);
  });

  it("takes none for a successor that leaves a day without one, and judges none that may lapse", () => {
    const late = { outputs: { notBefore: "2026-12-11T00:00:00Z" } };
    assert.deepEqual(kinds([certificate("now"), certificate("next", late)], [seen("now*")], 30), [
      "missing",
      "renewalDue",
    ]);
    const ignored = { inputs: { pkcs12: SECRET, expiryPolicy: "ignore" } };
    assert.deepEqual(kinds([certificate("old", ignored)], [seen("old*")]), []);
  });

  it("takes me for the mailbox that has the address by name", () => {
    const mine = certificate("now", { id: smimeId("now", "me", ALICE) });
    assert.deepEqual(kinds([certificate("next"), mine], [seen("now next*", { userId: "me" })]), []);
  });

  it("does not take what was not looked at for what is as it was", () => {
    assert.deepEqual(kinds([certificate("next")], []), ["notSeen"]);
    assert.deepEqual(
      findingsOf(inventoryOf(stateOf(certificate("next")), undefined, { now: new Date(NOW), renewBeforeDays: 0 })),
      [],
    );
  });

  it("knows a certificate again under another id, and a second copy of it for nobody's", () => {
    assert.deepEqual(kinds([certificate("next")], [seen("x=next*")]), []);
    assert.deepEqual(kinds([certificate("next")], [seen("next* x=next")]), ["unmanaged"]);
  });

  it("knows which one it is by the id where the program made secrets of the rest", () => {
    const hidden = { userId: SECRET, fingerprint: SECRET, expiration: SECRET };
    assert.deepEqual(kinds([certificate("next", { outputs: hidden })], [seen("next*")]), []);
    assert.deepEqual(kinds([certificate("next", { outputs: hidden })], [seen("")]), ["missing"]);
    assert.ok(!JSON.stringify(inventory([certificate("next", { outputs: hidden })])).includes("v1:abc"));
  });

  it("judges a default by what the stack made it last, and leaves alone what it does not declare", () => {
    const both = [certificate("now"), certificate("next")];
    assert.deepEqual(kinds([...both, signs("next")], [seen("now* next")]), ["defaultMoved"]);
    assert.deepEqual(kinds([...both, signs("next")], [seen("now next")]), ["defaultMoved"]);
    assert.deepEqual(kinds([...both, signs("next")], [seen("now next*")]), []);
    assert.deepEqual(kinds(both, [seen("now* next")]), []);
    const going = certificate("now", { delete: true });
    assert.deepEqual(kinds([going, certificate("next"), signs("next")], [seen("now next*")]), []);
  });

  it("tells of addresses that nobody declared, and of those that could not be looked at", () => {
    const elsewhere = seen("now*", { sendAsEmail: SALES });
    assert.deepEqual(kinds([certificate("next")], [seen("next*"), elsewhere]), [`unmanagedElsewhere ${SALES}`]);
    const refused = { at: NOW, userId: ALICE, sendAsEmail: ALICE, reason: "Gmail says no." };
    assert.deepEqual(kinds([certificate("next")], [refused]), ["notSeen"]);
    assert.deepEqual(kinds([certificate("next")], [refused, seen("next*")]), []); // the next try went through
    const unasked = { at: NOW, userId: ALICE, reason: "Gmail says no." };
    assert.deepEqual(kinds([certificate("next")], [seen("next*"), unasked]), ["notAsked"]);
  });

  it("holds a fleet's rows as it holds single certificates, and what its last update left undone", () => {
    const row = (id: keyof typeof leaf, marks: string, name = ""): string =>
      `${[ALICE, "", name, id, leaf[id].fingerprint, certificate(id).outputs?.["expiration" as never], marks].join("\t")}\n`;
    const certificates = row("now", "earlier", "2026") + row("next", "default,chosen", "2026");
    const fleet = (more: object = {}): Made => ({
      type: "SmimeFleet",
      name: "staff",
      id: "smimeFleet",
      inputs: { renewBeforeDays: 30 },
      outputs: { certificates, ...more },
    });
    assert.deepEqual(kinds([fleet()], [seen("now next*")]), []);
    assert.deepEqual(kinds([fleet()], [seen("now* next")]), ["defaultMoved"]);
    assert.deepEqual(kinds([fleet()], [seen("now*")]), ["missing", "defaultMoved", "renewalDue"]);
    const failed = `${BOB}\t\t\tGmail says no.\n`;
    const [finding] = findingsOf(inventory([fleet({ failed })], [seen("now next*")]));
    assert.deepEqual([finding?.kind, finding?.found], ["unfinished", `${BOB}: Gmail says no.`]);
  });

  it("tells an audit key that lapses, from the state, for Google shows none", () => {
    const key = (expires: string): Made => ({
      type: "AuditPublicKey",
      name: "audit",
      outputs: { domain: "example.com", fingerprint: "AB12", ...(expires !== "" && { expires }) },
    });
    assert.deepEqual(kinds([key("2026-11-01T00:00:00Z")], []), ["auditKeyExpired"]);
    assert.deepEqual(kinds([key("2026-12-01T00:00:00Z")], [], 30), ["auditKeyDue"]);
    assert.deepEqual(kinds([key("")], [], 30), []);
  });

  describe("the verdict on it", () => {
    const step = (type: string, name: string, op: string): Step => ({
      urn: urn(type, name),
      name,
      type: `google-workspace-mail:index:${type}`,
      token: type,
      op,
      diffs: [],
      before: {},
      after: {},
      isRetained: false,
    });
    const verdict = (from: Inventory, preview: Partial<Preview> = {}, allowUnmanaged = false): Verdict =>
      verdictOf(from, { ...PRESENT, ...preview }, { allowUnmanaged });

    it("is in sync where nothing counts", () => {
      const { exitCode, inSync, findings } = verdict(
        inventory([certificate("next")], [seen("next*"), seen("now", { sendAsEmail: SALES })]),
      );
      assert.deepEqual([exitCode, inSync, findings.map(({ counts }) => counts)], [0, true, [false]]);
      assert.equal(verdict(inventory([])).exitCode, 0);
    });

    it("counts what nobody declared on a declared address, unless that is allowed", () => {
      const from = inventory([certificate("next")], [seen("next* now")]);
      assert.deepEqual([verdict(from).exitCode, verdict(from, {}, true).exitCode], [7, 0]);
    });

    it("counts what the program has and Gmail has not yet, of our resources only", () => {
      const from = inventory([certificate("next")], [seen("next*")]);
      const ahead = verdict(from, { steps: [step("SmimeCertificate", "now", "create")] });
      assert.deepEqual([ahead.exitCode, ahead.changes.map(({ name }) => name)], [7, ["now"]]);
      const { token: _token, ...other } = { ...step("Key", "other", "update"), type: "tls:index:Key" };
      const others = verdict(from, { steps: [other] });
      assert.deepEqual([others.exitCode, others.otherChanges], [0, 1]);
    });

    it("is an error, with what it knows, where not everything could be told", () => {
      const refused = { at: NOW, userId: ALICE, sendAsEmail: ALICE, reason: "Gmail says no." };
      assert.equal(verdict(inventory([certificate("next")], [refused])).exitCode, 1);
      const message = { severity: "error" as const, urn: "", text: "the program\nfailed" };
      const failed = verdict(inventory([certificate("old")], [seen("old*")]), { ok: false, messages: [message] });
      assert.deepEqual([failed.exitCode, failed.inSync, failed.findings.length], [1, false, 1]);
      const quiet = { isTTY: false, write: () => undefined };
      const text = textOf(failed, new Console(quiet, quiet, {}));
      assert.match(text, /^alice@example\.com\n {2}✘ certificate expired \(since 2026-11-01T00:00:00Z\)\n/);
      assert.match(text, /The preview failed\n {2}✘ the program\n {4}failed\n\n✘ mail\/prod could not be told in full/);
    });

    it("believes the engine, which asks for each that a list leaves out, and a program that wants what somebody set", () => {
      const lagging = inventory([certificate("next")], [seen("")]);
      assert.equal(verdict(lagging).exitCode, 0);
      assert.equal(verdict(lagging, { ok: false }).exitCode, 1);
      const moved = inventory([certificate("now"), certificate("next"), signs("next")], [seen("now* next")]);
      assert.deepEqual([verdict(moved).exitCode, verdict(moved).findings], [0, []]);
      const gone = { ...step("DefaultSmimeCertificate", "signs", "delete") };
      assert.match(verdict(moved, { steps: [gone] }).findings[0]?.up ?? "", /^forgets it/);
    });

    it("is drift, and no error, where the preview fails for what has expired", () => {
      const expired = inventory([certificate("old")], [seen("old*")]);
      const message = { severity: "error" as const, urn: urn("SmimeCertificate", "old"), text: "certificate: expired" };
      assert.equal(verdict(expired, { ok: false, messages: [message] }).exitCode, 7);
      assert.equal(verdict(expired, { ok: false, messages: [message, { ...message, urn: "other" }] }).exitCode, 1);
    });

    it("says that nothing can be put back without its key, and what an up would do elsewhere", () => {
      const adopted = certificate("next", { inputs: { certificate: "PEM" } });
      const create = { steps: [step("SmimeCertificate", "next", "create")] };
      const [lost] = verdict(inventory([adopted], [seen("")]), create).findings;
      assert.equal(lost?.up, "cannot put it back: declare it with its key, or remove it");
      const [missing] = verdict(inventory([certificate("next")], [seen("")]), create).findings;
      assert.equal(missing?.up, "uploads it again (creates next)");
    });

    it("is Markdown in which nothing of a certificate's is markup, and no longer than a comment may be", () => {
      const from = inventory([certificate("next")], [seen("next*")]);
      const [address] = from.addresses;
      assert.ok(address);
      const hostile = "[x](http://evil) <img> @team `a` | ~~b~~";
      const [one] = address.certificates;
      assert.ok(one);
      const { declaredBy: _nobody, ...unmanaged } = { ...one, issuerCn: hostile, certificateId: "other" };
      const many = Array.from({ length: 1_000 }, () => unmanaged);
      const text = markdownOf(verdict({ ...from, addresses: [{ ...address, certificates: [one, ...many] }] }));
      assert.ok(text.length <= 65_536 && /… and \d+ more lines/.test(text), String(text.length));
      assert.match(text, /\\\[x\\\]\(http:\u200b\/\/evil\) &lt;img&gt; @\u200bteam \\`a\\` \\\| \\~\\~b\\~\\~/);
    });
  });
});
