/** What the compiled dynamic provider loads, in a process of its own as its host's: nothing before it is needed. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { ALICE, NOW, PASSWORD, seed, World } from "./world";

const ROOT = join(__dirname, "..");

/** Checks and creates a certificate and its default; prints the libraries in memory at first and in the end. */
const HOST = `
  const before = new Set(Object.keys(require.cache));
  const libraries = () => [...new Set(Object.keys(require.cache).filter((file) => !before.has(file))
    .flatMap((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1] ?? []))];
  const { dynamicProvider } = require("pulumi-google-workspace-mail/provider");
  async function make(token, settings, news) {
    const provider = dynamicProvider(token);
    await provider.configure({ config: { get: (key) => settings[key] } });
    const { inputs } = await provider.check({}, news);
    return provider.create(inputs);
  }
  async function main() {
    const started = libraries();
    const { settings, certificate } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const { id } = await make("SmimeCertificate", settings, certificate);
    await make("DefaultSmimeCertificate", settings, { userId: certificate.userId, certificateId: id });
    console.log(JSON.stringify({ started, used: libraries() }));
  }
  main();`;

describe("the dynamic provider", () => {
  it("starts without any library, and makes a certificate the default with those of Gmail and ASN.1 alone", async () => {
    const world = await World.start();
    world.emulator.seed(seed());
    const { pkcs12 } = await world.mint();
    const prefix = "google-workspace-mail:";
    const settings = {
      [`${prefix}credentials`]: JSON.stringify(world.emulator.keyFile),
      [`${prefix}endpoint`]: world.emulator.url,
    };
    const environment = { ...process.env, GOOGLE_WORKSPACE_MAIL_NOW: NOW };
    const host = spawn(process.execPath, ["-e", HOST], { cwd: ROOT, env: environment });
    host.stdin.end(JSON.stringify({ settings, certificate: { userId: ALICE, pkcs12, password: PASSWORD } }));
    const told = text(host.stderr);
    const { started, used } = (await json(host.stdout).catch(async () => assert.fail(await told))) as {
      started: string[];
      used: string[];
    };
    await world.emulator.stop();
    assert.deepEqual(started, []);
    const expected = ["@googleapis/gmail", "node-forge"];
    assert.deepEqual(
      expected.filter((name) => !used.includes(name)),
      [],
    );
    const others = /^(openpgp|pkijs|asn1js|csv-parse|fast-xml-parser|google-protobuf|googleapis|@(grpc|pulumi)\/.*)$/;
    assert.deepEqual(
      used.filter((name) => others.test(name)),
      [],
    );
  });
});
