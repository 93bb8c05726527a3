/** A PKCS#12 file is opened once in an up: what Check learnt of it holds for create as long as it is the very file. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificateFacts } from "../provider/keys/certificate";
import { check, create } from "../provider/lifecycle";
import { OpenedFiles } from "../provider/resources/openedFiles";
import { smimeCertificate } from "../provider/resources/smimeCertificate";
import { servicesOf } from "./asking";
import { mintPkcs12 } from "./mint";
import { ALICE, PASSWORD, seed, World, type Minted } from "./world";

const facts = (fingerprint: string): CertificateFacts => ({
  ...{ fingerprint, subject: "", issuerCn: "", emails: [], serialNumber: "", notBefore: "", expiration: "" },
});

describe("a PKCS#12 file that was opened", () => {
  let world: World;
  let key: Minted;
  before(async () => {
    world = await World.start();
    key = await world.mint();
  });
  beforeEach(() => {
    world.emulator.seed(seed());
    world.emulator.clearRequests();
  });
  after(() => world.emulator.stop());

  it("is uploaded as it is, without being opened again", async () => {
    const services = servicesOf(world);
    const pkcs12 = randomBytes(64); // no PKCS#12 at all, which only Google finds out
    services.opened.remember({ pkcs12, password: PASSWORD }, facts(key.fingerprint));
    const inputs = { userId: ALICE, sendAsEmail: ALICE, password: PASSWORD, fingerprint: key.fingerprint };
    const created = create(smimeCertificate, { ...inputs, pkcs12: pkcs12.toString("base64") }, services);
    await assert.rejects(created, /Google answered 400/);
    assert.deepEqual(world.verbs(), ["token", "list", "insert", "list"]);
  });

  it("is known by its bytes and its password alone", () => {
    const opened = new OpenedFiles();
    const pkcs12 = Buffer.from("file");
    opened.remember({ pkcs12, password: "one" }, facts("A"));
    opened.remember({ pkcs12 }, facts("B"));
    assert.equal(opened.facts({ pkcs12: Buffer.from("file"), password: "one" })?.fingerprint, "A");
    assert.equal(opened.facts({ pkcs12 })?.fingerprint, "B");
    assert.equal(opened.facts({ pkcs12, password: "" }), undefined);
    assert.equal(opened.facts({ pkcs12, password: "two" }), undefined);
    assert.equal(opened.facts({ pkcs12: Buffer.from("files"), password: "one" }), undefined);
    // the end of a password is no beginning of a file
    assert.equal(opened.facts({ pkcs12: Buffer.from('e"file'), password: "on" }), undefined);
  });

  it("is forgotten after ten thousand others, and its key was never kept", () => {
    const opened = new OpenedFiles();
    const file = (number: number) => ({ pkcs12: Buffer.from(`secret file ${String(number)}`), password: PASSWORD });
    for (let number = 0; number <= 10_000; number += 1) opened.remember(file(number), facts(String(number)));
    assert.equal(opened.facts(file(0)), undefined);
    assert.equal(opened.facts(file(1))?.fingerprint, "1");
    assert.equal(opened.facts(file(10_000))?.fingerprint, "10000");
  });

  it("is refused where it changes between Check and create, and nothing is sent", async () => {
    const folder = mkdtempSync(join(tmpdir(), "google-workspace-mail-opened-"));
    try {
      const path = join(folder, "alice.p12");
      writeFileSync(path, key.bytes);
      const services = servicesOf(world);
      const written = { userId: ALICE, password: PASSWORD, pkcs12: { asset: { path } } };
      const { inputs, failures } = await check(smimeCertificate, {}, written, services);
      assert.deepEqual([failures, inputs["fingerprint"]], [[], key.fingerprint]);
      writeFileSync(path, (await world.mint()).bytes);
      await assert.rejects(create(smimeCertificate, inputs, services), /the key file changed while Pulumi ran/);
      assert.deepEqual(world.verbs(), []);
      // the same leaf under the same password in another file is no other certificate
      writeFileSync(path, await mintPkcs12(key, { password: PASSWORD }));
      await create(smimeCertificate, inputs, services);
      assert.deepEqual(world.fingerprints(), [key.fingerprint]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
