/** What a review tells of each step that the engine previews: which mailbox gets, loses, keeps and signs with what. */
import assert from "node:assert/strict";
import { changesOf, type Change, type Known } from "../commands/review/changes";
import { markdownOf } from "../commands/review/markdown";
import type { Review } from "../commands/review";
import type { Properties, Step } from "../commands/stack/preview";
import { ALICE, BOB, SALES } from "./world";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const LEAF = {
  subject: "CN=Alice",
  issuerCn: "CA",
  notBefore: "2026-06-01T00:00:00Z",
  expiration: "2027-11-01T00:00:00Z",
};
const NEW = { fingerprint: "AA11", ...LEAF };
const OLD = { fingerprint: "BB22", ...LEAF, expiration: "2026-12-01T00:00:00Z" };

const known: Known = {
  leaves: new Map([["AA11", NEW]]),
  held: [
    {
      owner: {
        urn: "urn:pulumi:prod::mail::google-workspace-mail:index:SmimeCertificate::it",
        name: "it",
        token: "SmimeCertificate",
      },
      userId: ALICE,
      sendAsEmail: ALICE,
      certificateId: "ANe1",
      ...OLD,
      isEarlier: false,
      hasKey: true,
      isWatched: true,
      isGoing: false,
    },
  ],
};

const tell = (token: string, op: string, before: Properties, after: Properties, diffs: string[] = []): Change[] => {
  const step: Step = {
    urn: `urn:pulumi:prod::mail::google-workspace-mail:index:${token}::it`,
    name: "it",
    type: `google-workspace-mail:index:${token}`,
    token,
    op,
    diffs,
    before,
    after,
    isRetained: false,
  };
  return changesOf([step], token === "SmimeFleet" ? { ...known, held: [] } : known);
};
const short = (changes: Change[]): string[] =>
  changes.map(({ whom, kind, certificate }) => [whom, kind, certificate?.fingerprint ?? "-"].join(" "));

describe("a review", () => {
  const old = { userId: ALICE, sendAsEmail: ALICE, ...OLD };
  const next = { userId: ALICE, pkcs12: "[secret]", fingerprint: "AA11" };

  it("says what an address gets and loses, and of what goes whether its key does", () => {
    assert.deepEqual(short(tell("SmimeCertificate", "create", {}, next)), [`${ALICE} gets AA11`]);
    assert.deepEqual(short(tell("SmimeCertificate", "replace", old, next)), [
      `${ALICE} gets AA11`,
      `${ALICE} loses BB22`,
    ]);
    assert.deepEqual(short(tell("SmimeCertificate", "delete", old, {})), [`${ALICE} loses BB22`]);
    assert.deepEqual(short(tell("SmimeCertificate", "delete", { ...old, adopted: true }, {})), [`${ALICE} keeps BB22`]);
    assert.deepEqual(short(tell("SmimeCertificate", "delete", { ...old, onDelete: "retain" }, {})), [
      `${ALICE} keeps BB22`,
    ]);
    const deletes = { ...old, adopted: true, onDelete: "delete" };
    assert.deepEqual(short(tell("SmimeCertificate", "delete", deletes, {})), [`${ALICE} loses BB22`]);
    assert.deepEqual(short(tell("SmimeCertificate", "update", old, { ...next, ...old }, ["renewBeforeDays"])), [
      `${ALICE} settings BB22`,
    ]);
  });

  it("tells of a certificate that goes on under another name, and of a key that may go, no loss", () => {
    const step = (name: string, op: string, before: Properties, after: Properties): Step => ({
      urn: `urn:pulumi:prod::mail::google-workspace-mail:index:SmimeCertificate::${name}`,
      type: "google-workspace-mail:index:SmimeCertificate",
      token: "SmimeCertificate",
      diffs: [],
      isRetained: false,
      ...{ name, op, before, after },
    });
    const same = { ...next, fingerprint: "BB22" };
    const renamed = changesOf([step("new", "create", {}, same), step("old", "delete", old, {})], known);
    assert.deepEqual(short(renamed), [`${ALICE} keeps BB22`, `${ALICE} keeps BB22`]);
    assert.deepEqual(short(changesOf([step("old", "delete", old, {})], { ...known, held: [] })), [
      `${ALICE} loses BB22`,
    ]);
    const [perhaps, ...more] = tell("SmimeCertificate", "replace", old, { ...next, fingerprint: UNKNOWN });
    assert.deepEqual([perhaps?.kind, more], ["settings", []]);
    assert.match(perhaps?.what ?? "", /^may get another certificate, and lose this one's key/);
  });

  it("says so where only the certificate is declared, or hardly anything is known yet", () => {
    const [adopts] = tell("SmimeCertificate", "create", {}, { userId: ALICE, certificate: "PEM", fingerprint: "AA11" });
    assert.equal(adopts?.what, "adopts what is there already");
    const unknown = { userId: UNKNOWN, pkcs12: UNKNOWN, fingerprint: UNKNOWN };
    assert.deepEqual(short(tell("SmimeCertificate", "create", {}, unknown)), ["an address not yet known gets -"]);
    const alias = { ...next, sendAsEmail: SALES };
    assert.deepEqual(short(tell("SmimeCertificate", "create", {}, alias)), [`${SALES} (mailbox ${ALICE}) gets AA11`]);
  });

  it("says what an address signs with, by its id or by what this update uploads", () => {
    const signs = (after: Properties): string[] =>
      tell("DefaultSmimeCertificate", "update", {}, { userId: ALICE, ...after }).map(
        ({ what, certificate }) => `${what} ${certificate?.fingerprint ?? "-"}`,
      );
    const id = `users/${ALICE}/settings/sendAs/${ALICE}/smimeInfo/ANe1`;
    assert.deepEqual(signs({ certificateId: id }), ["signs with BB22"]);
    assert.deepEqual(signs({ certificateId: "ANe9" }), ["signs with certificate ANe9 -"]);
    assert.deepEqual(signs({ certificateId: UNKNOWN }), ["signs with the certificate that this update uploads -"]);
    assert.deepEqual(signs({ choose: "furthestExpiry" }), ["signs with the one that expires last -"]);
    const [gone] = tell("DefaultSmimeCertificate", "delete", { userId: ALICE, onDelete: "retain" }, {});
    assert.equal(gone?.what, "goes on signing with what it signs with");
  });

  it("tells a fleet row by row, and only the rows that differ", () => {
    const row = (user: string, name: string, hash: string): string => `${user}\t\t${name}\t${hash}.p12\t\t${hash}\n`;
    const leaf = (fingerprint: string): string => `${fingerprint}\t2027-11-01T00:00:00Z\n`;
    const before = { rows: row(ALICE, "", "a") + row(BOB, "", "b"), leaves: leaf("BB22") + leaf("CC33") };
    const after = { rows: row(ALICE, "", "c") + row(SALES, "2027", "d"), leaves: leaf("AA11") + leaf("DD44") };
    const changes = tell("SmimeFleet", "update", before, after);
    assert.deepEqual(short(changes), [`${ALICE} gets AA11`, `${BOB} loses CC33`, `${SALES} gets DD44`]);
    assert.equal(changes[0]?.what, "gets, beside the one before, and signs with it if it expires last");
    assert.equal(changes[2]?.resource, "it, row 2027");
    const replacing = tell("SmimeFleet", "update", before, { ...after, previous: "delete", choose: "none" });
    assert.deepEqual(short(replacing)[0], `${ALICE} gets AA11`);
    assert.deepEqual(short(replacing)[1], `${ALICE} loses BB22`);
    assert.equal(replacing[0]?.what, "gets");
    assert.deepEqual(short(tell("SmimeFleet", "delete", before, {})), [`${ALICE} loses BB22`, `${BOB} loses CC33`]);
    assert.deepEqual(short(tell("SmimeFleet", "update", before, before)), ["it settings -"]);
  });

  it("tells the audit key, and resources of other packages by their type only", () => {
    const [key] = tell("AuditPublicKey", "create", {}, { domain: "example.com", fingerprint: "EE55" });
    assert.deepEqual(
      [key?.whom, key?.what],
      ["example.com", "encrypts mailbox exports from now on with OpenPGP key EE55"],
    );
    const other: Step = {
      urn: "u::x",
      name: "x",
      type: "tls:index:Key",
      op: "create",
      diffs: [],
      before: {},
      after: {},
      isRetained: false,
    };
    assert.deepEqual(short(changesOf([other], known)), ["x other -"]);
    const stack: Step = { ...other, type: "pulumi:pulumi:Stack" };
    assert.deepEqual(changesOf([stack], known), []);
  });

  it("is a comment that begins with the verdict, and has the refusals before the changes", () => {
    const review: Review = {
      ...{ project: "mail", stack: "prod", ok: true, same: 3, errors: [], warnings: [], violations: [] },
      changes: tell("SmimeCertificate", "replace", old, next),
    };
    assert.match(
      markdownOf(review),
      /^### ✅ Mail keys of `mail\/prod`: 2 changes for 1 address, 1 key deleted from Gmail; 3 stay as they are\n\n\| Mailbox/,
    );
    assert.match(
      markdownOf({ ...review, changes: [] }),
      /^### ✅ .*: no change\n\nNothing changes: 3 resources as before\./,
    );
    const refused = markdownOf({
      ...review,
      ok: false,
      errors: [{ whom: "it", text: "password: wrong. <b>Next</b>" }],
      violations: [
        { whom: "it", policy: "days-left", isMandatory: true, text: "12 days left" },
        { whom: "it", policy: "issuer", isMandatory: false, text: "another CA" },
      ],
    });
    assert.match(refused, /\nPulumi ends a preview at the first resource that is refused: /);
    assert.match(refused, /^### ❌ .*: the preview is refused, for 2 reasons\n/);
    assert.match(
      refused,
      /\*\*Refused\*\*\n\n- `it`: password: wrong\. &lt;b&gt;Next&lt;\/b&gt;\n- `days-left` `it`: 12 days left\n/,
    );
    assert.match(refused, /\*\*Mind\*\*\n\n- `issuer` `it`: another CA\n/);
  });
});
