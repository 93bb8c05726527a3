/** Listing a mailbox, for import: what is found, under which names, what Google is asked, and what is wrong with a query. */
import assert from "node:assert/strict";
import { list, servicesOf } from "./asking";
import type { Seed } from "./emulator";
import { ALICE, BOB, PASSWORD, SALES, seed, World, type Minted } from "./world";

const CERTIFICATE = "SmimeCertificate";
const DEFAULT = "DefaultSmimeCertificate";
const idOn = (address: string, id: string, user = ALICE): string =>
  `users/${user}/settings/sendAs/${address}/smimeInfo/${id}`;

describe("a listing", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  beforeEach(() => {
    world.emulator.seed(seed());
  });
  after(() => world.emulator.stop());

  const add = async ({ bytes }: Minted, user: string, sendAs: string): Promise<string> =>
    (await world.emulator.addCertificate({ user, sendAs, pkcs12: bytes, password: PASSWORD })).id;

  const fault = (sendAs: object[]): void =>
    world.emulator.fault({ match: { path: "/sendAs$" }, times: 1, body: JSON.stringify({ sendAs }) });

  it("finds the certificates of all addresses of a mailbox, expired ones too, and imports them", async () => {
    const [now, past, sales] = await Promise.all([
      world.mint(),
      world.mint(ALICE, { notAfter: new Date("2026-08-15T00:00:00Z") }),
      world.mint(SALES),
    ]);
    const nowId = await add(now, ALICE, ALICE);
    const pastId = await add(past, ALICE, ALICE);
    const salesId = await add(sales, ALICE, SALES);
    const { items, failures } = await list(world, CERTIFICATE, { userId: " Alice@Example.COM" });
    assert.deepEqual(failures, []);
    assert.deepEqual(items, [
      { id: idOn(ALICE, pastId), name: "alice@example.com 2026-08-15" },
      { id: idOn(ALICE, nowId), name: "alice@example.com 2027-11-01" },
      { id: idOn(SALES, salesId), name: "sales@example.com of alice@example.com 2027-11-01" },
    ]);
    assert.deepEqual(world.verbs(), ["token", "addresses", "list", "token", "list"]);
    const story = world.story();
    for (const { id, name } of items) assert.ok(await story.import(name, CERTIFICATE, id), name);
  });

  it("finds the default of each address that has one, and imports it", async () => {
    await add(await world.mint(), ALICE, ALICE);
    const id = await add(await world.mint(SALES), ALICE, SALES);
    world.emulator.setDefault(ALICE, SALES, id);
    const { items } = await list(world, DEFAULT, { userId: ALICE });
    assert.deepEqual(items, [
      {
        id: `users/${ALICE}/settings/sendAs/${SALES}/defaultSmimeInfo`,
        name: "sales@example.com of alice@example.com default",
      },
    ]);
    const story = world.story();
    assert.ok(await story.import("it", DEFAULT, items[0]?.id ?? ""));
    assert.equal(story.outputs("it")["certificateId"], id);
  });

  it("finds those of one address, and asks for no others", async () => {
    const id = await add(await world.mint(SALES), ALICE, SALES);
    const { items } = await list(world, CERTIFICATE, { userId: ALICE, sendAsEmail: SALES });
    assert.deepEqual(
      items.map((item) => item.id),
      [idOn(SALES, id)],
    );
    assert.deepEqual(world.verbs(), ["token", "list"]);
    assert.deepEqual((await list(world, DEFAULT, { userId: ALICE, sendAsEmail: SALES })).items, []);
    assert.deepEqual((await list(world, CERTIFICATE, { userId: BOB })).items, []);
  });

  it("shares its lists with the listing of the other kind", async () => {
    const services = servicesOf(world);
    await list(world, CERTIFICATE, { userId: ALICE, sendAsEmail: ALICE }, { services });
    await list(world, DEFAULT, { userId: ALICE, sendAsEmail: ALICE }, { services });
    assert.deepEqual(world.verbs(), ["token", "list"]);
  });

  it("leaves out addresses that wait for verification", async () => {
    const sendAs = [
      { sendAsEmail: ALICE, isPrimary: true },
      { sendAsEmail: "new@example.org", verificationStatus: "pending" },
      { sendAsEmail: SALES, verificationStatus: "accepted" },
    ];
    fault(sendAs);
    await list(world, CERTIFICATE, { userId: ALICE });
    const asked = world.emulator.requests().map(({ path }) => decodeURIComponent(path));
    assert.deepEqual(
      asked.filter((path) => path.endsWith("/smimeInfo")).map((path) => path.split("/").at(-2)),
      [ALICE, SALES],
    );
  });

  it("names no two alike: by fingerprint where they expire on one day, by Google's id where they are copies", async () => {
    const knobs: Seed["knobs"] = { duplicateInsert: "second" };
    world.emulator.seed(seed(knobs));
    const [one, other] = [await world.mint(), await world.mint()];
    const copies = [await add(one, ALICE, ALICE), await add(one, ALICE, ALICE)];
    const id = await add(other, ALICE, ALICE);
    const { items } = await list(world, CERTIFICATE, { userId: ALICE });
    const names = new Map(items.map((item) => [item.id, item.name]));
    assert.equal(names.get(idOn(ALICE, id)), `${ALICE} 2027-11-01 ${other.fingerprint.slice(0, 8)}`);
    for (const copy of copies) assert.equal(names.get(idOn(ALICE, copy)), `${ALICE} ${copy}`);
    assert.equal(new Set(names.values()).size, 3);
  });

  it("ends at the limit", async () => {
    for (const year of [2027, 2028, 2029])
      await add(await world.mint(ALICE, { notAfter: new Date(`${String(year)}-01-01T00:00:00Z`) }), ALICE, ALICE);
    const names = async (limit: number) =>
      (await list(world, CERTIFICATE, { userId: ALICE }, { limit })).items.map(({ name }) => name.slice(-10, -6));
    assert.deepEqual(await names(2), ["2027", "2028"]);
    assert.deepEqual(await names(0), ["2027", "2028", "2029"]);
    assert.deepEqual(await names(-1), ["2027", "2028", "2029"]);
  });

  it("names everything that is wrong with a query, at once, and asks nothing", async () => {
    const reasons = async (token: string, query: Record<string, unknown>) => {
      const { items, failures } = await list(world, token, query);
      assert.deepEqual(items, []);
      return failures.map(({ reason }) => reason);
    };
    assert.deepEqual(await reasons(CERTIFICATE, { mailbox: ALICE }), [
      "userId is required: The mailbox: the user's primary address, or `me` with the user's own access token.",
      "mailbox is not a property of this query. It takes userId, sendAsEmail.",
    ]);
    assert.deepEqual(await reasons(DEFAULT, { userId: "alice", sendAsEmail: "sales" }), [
      "userId is not an e-mail address. Write it as in alice@example.com.",
      "sendAsEmail is not an e-mail address. Write it as in alice@example.com.",
    ]);
    assert.match(
      String(await reasons(CERTIFICATE, { userId: "me" })),
      /a service account acts for a user only by name/,
    );
    assert.deepEqual(await reasons("AuditPublicKey", {}), [
      "AuditPublicKey cannot be listed: Google does not say what is there.",
    ]);
    assert.deepEqual(world.verbs(), []);
  });

  it("says which mailbox or address is unknown", async () => {
    const there = list(world, CERTIFICATE, { userId: ALICE, sendAsEmail: BOB });
    await assert.rejects(there, /Gmail knows no address bob@example\.com \(mailbox alice@example\.com\)\. Next: /);
    world.emulator.fault({ match: { path: "/sendAs$" }, times: 1, status: 404, reason: "notFound" });
    await assert.rejects(list(world, DEFAULT, { userId: BOB }), /Gmail knows no mailbox bob@example\.com\. Next: /);
  });
});
