/** Wrong values end in the preview, with the field and the remedy, all at once, nothing sent and no secret shown. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mintPgpKey, mintPkcs12, type LeafOptions } from "./mint";
import { fileAsset, textAsset, type Declared, type Problem } from "./story";
import { ALICE, BOB, certificate, clean, defaultOf, PASSWORD, SALES, seed, World, type Minted } from "./world";

let world: World;
let good: Minted;
let folder: string;
before(async () => {
  world = await World.start();
  good = await world.mint();
  folder = mkdtempSync(join(tmpdir(), "bad-input-"));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await world.emulator.stop();
});
beforeEach(() => world.emulator.seed(seed()));

async function failuresOf(declared: Declared): Promise<readonly Problem[]> {
  const outcome = await world.story().preview({ it: declared });
  assert.deepEqual(outcome.errors, {}, "a wrong value is a failure, not an error");
  assert.deepEqual(world.verbs(), [], "a preview sends nothing");
  return outcome.failures["it"] ?? [];
}

/** The one failure: which property the engine may show, and what it says. */
async function refused(declared: Declared, property: string, reason: RegExp): Promise<void> {
  const failures = await failuresOf(declared);
  assert.equal(failures.length, 1, JSON.stringify(failures));
  const [failure] = failures as [Problem];
  assert.equal(failure.property, property);
  assert.match(failure.reason, reason);
}

const leafWith = async (options: Partial<LeafOptions>): Promise<Declared> =>
  certificate(await world.mint(ALICE, options));

const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** The engine prints the value of the property that a failure names: of secrets and key material only the reason does. */
const secret = "";

describe("SmimeCertificate in preview", () => {
  it("accepts a good one", async () => {
    assert.deepEqual(await failuresOf(certificate(good)), []);
  });

  it("refuses what is no PKCS#12", () =>
    refused(
      certificate(good, { pkcs12: Buffer.from("not a key file").toString("base64") }),
      secret,
      /^pkcs12: is not a PKCS#12 file/,
    ));
  it("refuses what is no base64", () =>
    refused(
      certificate(good, { pkcs12: "{not base64}" }),
      secret,
      /^pkcs12: the text is neither base64 nor base64url/,
    ));
  it("refuses a wrong password, in other words than a damaged file", () =>
    refused(certificate(good, { password: "wrong" }), secret, /^password: does not open this PKCS#12 file/));
  it("refuses a missing password", () => {
    const { password: _password, ...args } = certificate(good).args;
    return refused({ token: "SmimeCertificate", args }, secret, /^password: is missing or empty/);
  });
  it("refuses an empty password", () =>
    refused(certificate(good, { password: "" }), secret, /^password must not be empty\. Leave it out/));
  it("refuses a file without a key", async () => {
    const bytes = await mintPkcs12(good, { password: PASSWORD, privateKeyPem: null });
    await refused(certificate(good, { pkcs12: bytes.toString("base64") }), secret, /^pkcs12: holds no private key/);
  });
  it("refuses a file with two keys", async () => {
    const bytes = await mintPkcs12(good, { password: PASSWORD, extraKeyPem: (await world.mint()).privateKeyPem });
    await refused(
      certificate(good, { pkcs12: bytes.toString("base64") }),
      secret,
      /^pkcs12: holds more than one private key/,
    );
  });
  it("refuses a key that does not belong to the certificate", async () => {
    const bytes = await mintPkcs12(good, { password: PASSWORD, privateKeyPem: (await world.mint()).privateKeyPem });
    await refused(
      certificate(good, { pkcs12: bytes.toString("base64") }),
      secret,
      /^pkcs12: holds no certificate that belongs to its private key/,
    );
  });
  it("refuses a file that asks for too many key derivation iterations, before doing any", async () => {
    const bytes = await mintPkcs12(good, { password: PASSWORD, iterations: 400_000 });
    const start = performance.now();
    await refused(
      certificate(good, { pkcs12: bytes.toString("base64") }),
      secret,
      /^pkcs12: asks for more than 1,000,000/,
    );
    assert.ok(performance.now() - start < 5000);
  }).timeout(60_000);
  it("refuses a missing intermediate", async () => {
    const bytes = await mintPkcs12(good, { password: PASSWORD, chainPem: "" });
    await refused(
      certificate(good, { pkcs12: bytes.toString("base64") }),
      secret,
      /^chain: does not hold the intermediate/,
    );
  });
  it("refuses an address that is not in the certificate", () =>
    refused(
      certificate(good, { userId: BOB }),
      "sendAsEmail",
      /^sendAsEmail: bob@example\.com is not in the certificate, which names alice@example\.com/,
    ));
  it("refuses the primary address's certificate on an alias", () =>
    refused(
      certificate(good, { sendAsEmail: SALES }),
      "sendAsEmail",
      /^sendAsEmail: sales@example\.com is not in the certificate/,
    ));
  for (const keyKind of ["P-521", "RSA-1024", "Ed25519"] as const) {
    it(`refuses a ${keyKind} key`, async () =>
      refused(
        await leafWith({ keyKind }),
        secret,
        /^certificate: its key has a type or size that Gmail does not take/,
      ));
  }
  it("refuses a certificate without emailProtection", async () =>
    refused(
      await leafWith({ extendedKeyUsage: [SERVER_AUTH] }),
      secret,
      /^certificate: its extended key usage lacks emailProtection/,
    ));
  it("refuses a new certificate that has expired", async () =>
    refused(
      await leafWith({ notAfter: new Date("2026-10-01T00:00:00Z") }),
      secret,
      /^certificate: expired at 2026-10-01T00:00:00Z/,
    ));
  it("refuses a new certificate that is not valid yet", async () =>
    refused(
      await leafWith({ notBefore: new Date("2026-12-24T00:00:00Z") }),
      secret,
      /^certificate: is not valid before 2026-12-24T00:00:00Z/,
    ));

  it("warns of what only Google can decide, and lets it pass", async () => {
    const outcome = await world
      .story()
      .preview({ it: await leafWith({ extendedKeyUsage: [EMAIL_PROTECTION, SERVER_AUTH] }) });
    clean(outcome);
    assert.match(
      outcome.messages.join("\n"),
      /^warning: SmimeCertificate of alice@example\.com: certificate: its extended key usage also holds serverAuth/m,
    );
  });

  it("refuses two key sources, none, and halves of one", async () => {
    const { privateKeyPem, certificatePem, chainPem } = good;
    const args = (given: Record<string, unknown>): Declared => ({
      token: "SmimeCertificate",
      args: { userId: ALICE, ...given },
    });
    await refused(certificate(good, { certificate: certificatePem }), "", /^Two key sources are given/);
    await refused(args({}), "", /^No key is given/);
    await refused(args({ privateKey: privateKeyPem }), secret, /^certificate is required with privateKey/);
    await refused(
      args({ pkcs12: undefined, password: "x", certificate: certificatePem }),
      secret,
      /^password belongs to pkcs12/,
    );
    assert.deepEqual(
      await failuresOf(args({ privateKey: privateKeyPem, certificate: certificatePem, chain: chainPem })),
      [],
    );
  });

  it("refuses PEM parts that are wrong, all of them at once", async () => {
    const pem = { userId: ALICE, privateKey: "rubbish", certificate: "rubbish", chain: "rubbish" };
    const failures = await failuresOf({ token: "SmimeCertificate", args: pem });
    assert.deepEqual(
      failures.map(({ property, reason }) => [property, reason.split(":")[0]]),
      [
        ["", "privateKey"],
        ["", "certificate"],
        ["", "chain"],
      ],
    );
  });

  it("refuses an encrypted PEM key, and says how to decrypt it", () => {
    const privateKey = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    const { certificatePem, chainPem } = good;
    return refused(
      { token: "SmimeCertificate", args: { userId: ALICE, privateKey, certificate: certificatePem, chain: chainPem } },
      secret,
      /^privateKey: is encrypted.*openssl pkey/,
    );
  });

  it("refuses a private key where a certificate is expected, since that is not treated as a secret", () =>
    refused(
      { token: "SmimeCertificate", args: { userId: ALICE, certificate: good.privateKeyPem } },
      secret,
      /^certificate: holds a private key/,
    ));

  it("refuses files that are missing, too large, or remote", async () => {
    const large = join(folder, "large.p12");
    writeFileSync(large, Buffer.alloc(64 * 1024 + 1));
    await refused(
      certificate(good, { pkcs12: fileAsset(join(folder, "none.p12")) }),
      secret,
      /^pkcs12: the file .*none\.p12 cannot be read\. Check the path/,
    );
    await refused(
      certificate(good, { pkcs12: fileAsset(large) }),
      secret,
      /^pkcs12: the file .*large\.p12 is larger than 64 KiB/,
    );
    await refused(certificate(good, { pkcs12: fileAsset(folder) }), secret, /^pkcs12: the file .* cannot be read/);
    const remote = { ...fileAsset(""), uri: "https://example.com/key.p12" };
    await refused(certificate(good, { pkcs12: remote }), secret, /^pkcs12: a RemoteAsset is not fetched/);
  });

  it("takes a file, and text, as an Asset", async () => {
    const file = join(folder, "alice.p12");
    writeFileSync(file, good.bytes);
    assert.deepEqual(await failuresOf(certificate(good, { pkcs12: fileAsset(file) })), []);
    assert.deepEqual(await failuresOf(certificate(good, { pkcs12: textAsset(good.pkcs12) })), []);
  });

  it("tells everything that is wrong at once", async () => {
    const failures = await failuresOf({
      token: "SmimeCertificate",
      args: {
        userId: "nobody",
        sendAsEmail: 7,
        pkcs12: good.pkcs12,
        password: PASSWORD,
        renewBeforeDays: 0,
        expiryPolicy: "shout",
        onDelete: "purge",
        colour: "red",
      },
    });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["sendAsEmail", "onDelete", "renewBeforeDays", "expiryPolicy", "", "userId"],
    );
    assert.match(
      failures.map(({ reason }) => reason).join("\n"),
      /onDelete must be one of delete, retain\.\n.*a whole number from 1 to 825\.\n.*one of warn, error, ignore\.\ncolour is not a property of this resource\. It takes userId/,
    );
  });

  it("refuses me without sendAsEmail, and me with a service account", async () => {
    const failures = await failuresOf(certificate(good, { userId: "me" }));
    assert.match(
      failures.map(({ reason }) => reason).join("\n"),
      /sendAsEmail is required where userId is me[^]*a service account acts for a user only by name/,
    );
  });

  it("names no property whose value the engine would print: a misspelt one may hold a secret", async () => {
    const misspelt = { ...certificate(good).args, passwort: PASSWORD };
    await refused(
      { token: "SmimeCertificate", args: misspelt },
      secret,
      /^passwort is not a property of this resource/,
    );
  });

  it("refuses an output written as an input, and what only looks like an Asset", async () => {
    const output = { ...certificate(good).args, adopted: true };
    await refused(
      { token: "SmimeCertificate", args: output },
      "adopted",
      /^adopted is an output, not an input of this resource\. It takes userId/,
    );
    const odd = certificate(good, { pkcs12: { asset: PASSWORD } });
    await refused(odd, secret, /^pkcs12 must be a string or an asset/);
  });

  it("refuses a text that is too large before it is decoded", () =>
    refused(certificate(good, { pkcs12: "A".repeat(50_000_000) }), secret, /^pkcs12: the text is larger than/));

  it("warns before a key is deleted because its resource moves to another mailbox", async () => {
    const both = await world.mint(ALICE, { emails: [ALICE, BOB] });
    const story = world.story();
    clean(await story.up({ it: certificate(both) }));
    const outcome = await story.preview({ it: certificate(both, { userId: BOB }) });
    assert.deepEqual(clean(outcome), { it: "replace" });
    assert.match(
      outcome.messages.join("\n"),
      /SmimeCertificate of bob@example\.com: this replaces the certificate on alice@example\.com\..*its private key is deleted from Gmail/,
    );
  });

  it("never prints a secret, whatever is wrong", async () => {
    const key = await world.mint();
    const secrets = [
      key.pkcs12,
      PASSWORD,
      key.privateKeyPem
        .replace(/-----[^-]+-----/g, "")
        .trim()
        .slice(0, 40),
    ];
    const wrong = [
      certificate(key, { pkcs12: key.pkcs12.slice(0, -100) }),
      certificate(key, { password: `${PASSWORD}!` }),
      certificate(key, { userId: "x" }),
      {
        token: "SmimeCertificate",
        args: { userId: ALICE, privateKey: key.privateKeyPem.replace("MI", "!!"), certificate: key.privateKeyPem },
      } as const,
      {
        token: "SmimeCertificate",
        args: { userId: ALICE, privateKey: 7, password: [PASSWORD], pkcs12: { a: key.pkcs12 } },
      } as const,
    ];
    for (const declared of wrong) {
      const said = JSON.stringify(await failuresOf(declared));
      for (const hidden of secrets) assert.ok(!said.includes(hidden), said);
    }
  });
});

describe("a certificate already there, in preview", () => {
  const soon = { notAfter: new Date("2026-12-10T00:00:00Z") };
  const later = (now: string): ReturnType<World["story"]> =>
    world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: now } });

  for (const [expiryPolicy, fails, warns] of [
    ["warn", false, true],
    ["error", true, false],
    ["ignore", false, false],
  ] as const) {
    it(`that has expired ${fails ? "fails" : "does not fail"} the preview where expiryPolicy is ${expiryPolicy}`, async () => {
      const program = { it: certificate(await world.mint(ALICE, soon), { expiryPolicy, renewBeforeDays: 10 }) };
      const story = later("2026-11-22T00:00:00Z");
      clean(await story.up(program));
      const after = later("2027-01-01T00:00:00Z");
      for (const [name, kept] of story.kept) after.kept.set(name, kept);
      const outcome = await after.preview(program);
      assert.equal(Object.keys(outcome.failures).length > 0, fails);
      assert.equal(/expired at 2026-12-10/.test(outcome.messages.join()), warns);
    });
  }

  it("that is due for renewal is a warning", async () => {
    const program = { it: certificate(await world.mint(ALICE, soon), { renewBeforeDays: 30 }) };
    const outcome = await later("2026-11-22T00:00:00Z").preview(program);
    clean(outcome);
    assert.match(
      outcome.messages.join(),
      /expires at 2026-12-10T00:00:00Z and was due for renewal at 2026-11-10T00:00:00Z/,
    );
  });
});

describe("DefaultSmimeCertificate in preview", () => {
  it("refuses no choice, two choices, and candidates that cannot be", async () => {
    const args = (given: Record<string, unknown>): Declared => ({
      token: "DefaultSmimeCertificate",
      args: { userId: ALICE, ...given },
    });
    await refused(args({}), "certificateId", /^certificateId is required/);
    await refused(
      args({ certificateId: "x", choose: "furthestExpiry", candidates: [] }),
      "certificateId",
      /exclude each other/,
    );
    await refused(args({ choose: "furthestExpiry" }), "candidates", /^candidates is required with choose/);
    await refused(
      args({ choose: "newest", candidates: [{ certificateId: "x", expiration: "2027-01-01T00:00:00Z" }] }),
      "choose",
      /must be one of furthestExpiry/,
    );
    await refused(
      args({ choose: "furthestExpiry", candidates: [{ certificateId: "x", expiration: "soon" }] }),
      "candidates",
      /is not an RFC 3339 time/,
    );
  });

  it("refuses a certificate of another address", () =>
    refused(
      defaultOf(`users/${ALICE}/settings/sendAs/${SALES}/smimeInfo/ANe1`),
      "certificateId",
      /this certificate is on sales@example\.com \(mailbox alice@example\.com\), not on alice@example\.com/,
    ));

  it("refuses a certificate of another mailbox that has the same alias", () =>
    refused(
      defaultOf(`users/${BOB}/settings/sendAs/${SALES}/smimeInfo/ANe1`, { sendAsEmail: SALES }),
      "certificateId",
      /is on sales@example\.com \(mailbox bob@example\.com\), not on sales@example\.com \(mailbox alice@example\.com\)/,
    ));

  it("refuses a second one for the same address, which would undo the first for ever", async () => {
    const id = (name: string): string => `users/${ALICE}/settings/sendAs/${ALICE}/smimeInfo/${name}`;
    const { failures } = await world
      .story()
      .preview({ one: defaultOf(id("ANe1")), same: defaultOf("ANe1"), two: defaultOf(id("ANe2")) });
    assert.deepEqual(Object.keys(failures), ["two"]);
    assert.match(
      failures["two"]?.[0]?.reason ?? "",
      /^Another DefaultSmimeCertificate of this program wants something else for alice@example\.com default\. Declare one only/,
    );
  });

  it("refuses an id that is none", () =>
    refused(defaultOf("users/alice/smimeInfo"), "certificateId", /is not the id of a SmimeCertificate, nor Google's/));
});

describe("AuditPublicKey in preview", () => {
  const audit = (publicKey: unknown, domain = "example.com"): Declared => ({
    token: "AuditPublicKey",
    args: { domain, publicKey },
  });
  const keyFailure = async (publicKey: unknown, reason: RegExp): Promise<void> =>
    refused(audit(publicKey), secret, reason);

  it("refuses a secret key, an ECC key, two user ids, an expired one, one that cannot encrypt, and two keys", async () => {
    const [rsa, ecc, two, expired, signs] = await Promise.all([
      mintPgpKey(),
      mintPgpKey({ type: "ecc" }),
      mintPgpKey({ userIds: [{ email: "a@example.com" }, { email: "b@example.com" }] }),
      mintPgpKey({ expiresInSeconds: 3600 }),
      mintPgpKey({ signOnly: true }),
    ]);
    await keyFailure(rsa.privateKey, /secret|private/i);
    await keyFailure(ecc.publicKey, /RSA/);
    await keyFailure(two.publicKey, /user id/i);
    await keyFailure(expired.publicKey, /expired/);
    await keyFailure(signs.publicKey, /encrypt/);
    await keyFailure(rsa.publicKey + ecc.publicKey, /one|more than/i);
    await keyFailure("no key at all", /publicKey/);
    assert.deepEqual(await failuresOf(audit(rsa.publicKey)), []);
  });

  it("refuses Google's published sample key, which is damaged", async () => {
    await keyFailure(
      readFileSync(join(__dirname, "fixtures", "google-sample.asc"), "utf8"),
      /damaged|cannot be read|checksum/i,
    );
  });

  it("warns of a key already uploaded that has expired since, and does not block the stack", async () => {
    const { publicKey } = await mintPgpKey({ expiresInSeconds: 300 * 24 * 3600 });
    const program = { it: audit(publicKey) };
    const story = world.story();
    clean(await story.up(program));
    const later = world.story({ environment: { GOOGLE_WORKSPACE_MAIL_NOW: "2027-11-22T00:00:00Z" } });
    for (const [name, kept] of story.kept) later.kept.set(name, kept);
    const outcome = await later.preview(program);
    assert.deepEqual(clean(outcome), { it: "same" });
    assert.match(outcome.messages.join("\n"), /warning: AuditPublicKey: publicKey: .*expired/);
  });

  it("refuses a domain that is none", async () => {
    const { publicKey } = await mintPgpKey();
    await refused(audit(publicKey, "admin@example.com"), "domain", /^domain is not a domain name/);
  });
});

describe("settings in preview", () => {
  const previewWith = async (
    config: Record<string, string>,
    environment: Record<string, string> = {},
  ): Promise<string> => {
    const { failures, errors } = await world
      .story({ config, environment })
      .preview({ it: certificate(good, { userId: ALICE, expiryPolicy: "ignore" }) });
    assert.deepEqual(errors, {});
    return (failures["it"] ?? []).map(({ property, reason }) => `${property}${reason}`).join("\n");
  };

  it("needs no credentials at all", async () => {
    assert.equal(await previewWith({}), "");
  });

  for (const endpoint of [
    "http://gmail.example.com",
    "ftp://127.0.0.1",
    "https://user:pw@example.com",
    "https://example.com/path",
    "nonsense",
  ]) {
    it(`refuses the endpoint ${endpoint}`, async () => {
      assert.match(
        await previewWith({ endpoint }),
        /^google-workspace-mail:endpoint must be an https origin, or http on loopback/,
      );
    });
  }

  it("takes an endpoint from the environment only on loopback", async () => {
    assert.match(
      await previewWith({}, { GOOGLE_WORKSPACE_MAIL_ENDPOINT: "https://example.com" }),
      /^GOOGLE_WORKSPACE_MAIL_ENDPOINT must be a loopback origin/,
    );
    assert.equal(await previewWith({}, { GOOGLE_WORKSPACE_MAIL_ENDPOINT: "http://localhost:1" }), "");
  });

  it("refuses credentials that are none, without quoting them", async () => {
    assert.match(
      await previewWith({ credentials: '{"type":"authorized_user"}' }),
      /google-workspace-mail:credentials: this is not a service-account key/,
    );
    assert.match(
      await previewWith({ credentials: "{broken canary" }),
      /^google-workspace-mail:credentials: this is neither the JSON[^]*$/,
    );
    assert.doesNotMatch(await previewWith({ credentials: "{broken canary" }), /canary/);
    assert.match(
      await previewWith({ credentials: join(folder, "none.json") }),
      /the service-account key file cannot be read/,
    );
    const elsewhere = JSON.stringify({ ...world.emulator.keyFile, token_uri: "https://evil.example.com/token" });
    assert.match(
      await previewWith({ credentials: elsewhere }),
      /token_uri is https:\/\/evil\.example\.com\/token, which is not Google's; nothing is sent there/,
    );
  });

  it("does not stop a preview for what lies about in the environment, but says so when credentials are needed", async () => {
    const file = join(folder, "user.json");
    writeFileSync(file, '{"type":"authorized_user"}');
    const story = world.story({
      config: { endpoint: world.emulator.url },
      environment: { GOOGLE_APPLICATION_CREDENTIALS: file, GOOGLE_WORKSPACE_MAIL_NOW: "2026-11-22T00:00:00Z" },
    });
    clean(await story.preview({ it: certificate(good) }));
    assert.match(
      (await story.up({ it: certificate(good) })).errors["it"] ?? "",
      /^GOOGLE_APPLICATION_CREDENTIALS: this is not a service-account key/,
    );
  });

  it("says what to set where there are no credentials", async () => {
    const story = world.story({ config: { endpoint: world.emulator.url } });
    assert.match(
      (await story.up({ it: certificate(good, { expiryPolicy: "ignore" }) })).errors["it"] ?? "",
      /^No Google credentials: set the secret google-workspace-mail:credentials/,
    );
  });

  it("says which administrator is missing for an audit key", async () => {
    const { publicKey } = await mintPgpKey();
    const story = world.story({
      config: { endpoint: world.emulator.url, credentials: JSON.stringify(world.emulator.keyFile) },
    });
    const { errors } = await story.up({ it: { token: "AuditPublicKey", args: { domain: "example.com", publicKey } } });
    assert.match(
      errors["it"] ?? "",
      /^AuditPublicKey needs an administrator to act for: set google-workspace-mail:adminEmail/,
    );
  });
});
