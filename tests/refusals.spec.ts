/** Google's refusals as sentences: what was tried, on which mailbox, what Google said, likely cause, next step. */
import assert from "node:assert/strict";
import type { Fault } from "./emulator";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import { output, type Program } from "./story";
import { ALICE, certificate, clean, defaultOf, NOW, PASSWORD, SALES, seed, World, type Minted } from "./world";

for (const adapter of ADAPTERS)
  describe(`what Google refuses, through the ${adapter} adapter`, () => {
    let world: World;
    let key: Minted;
    before(async () => {
      world = await World.start(adapter);
      key = await world.mint();
    });
    after(() => world.emulator.stop());
    beforeEach(() => world.emulator.seed(seed()));

    /** What the program's one resource failed with, and how often Google was asked for `path`. */
    async function refusal(program: Program, path = "smimeInfo$"): Promise<{ sentence: string; tries: number }> {
      const { errors } = await world.story().up(program);
      const tries = world.emulator
        .requests()
        .filter((request) => request.method === "POST" && new RegExp(path).test(request.path)).length;
      return { sentence: Object.values(errors).join("\n"), tries };
    }

    const onInsert = (fault: Partial<Fault>): Fault => ({
      match: { method: "POST", path: "smimeInfo$" },
      times: 1,
      ...fault,
    });

    describe("a refusal of Gmail's", () => {
      const cases: [string, Partial<Fault>, RegExp][] = [
        [
          "400 with nothing said",
          { status: 400, reason: "invalidArgument", message: "Invalid argument" },
          /^Uploading the S\/MIME certificate of alice@example\.com: Google answered 400 invalidArgument "Invalid argument"\. Google does not say why\..*trusted list.*Next: read this resource's warnings/,
        ],
        [
          "401",
          { status: 401, reason: "authError", message: "Invalid Credentials" },
          /Google answered 401 authError.*The access token is not accepted, although Google just gave it.*Next: check google-workspace-mail:credentials/,
        ],
        [
          "403 for want of a scope",
          { status: 403, reason: "insufficientPermissions", message: "Insufficient Permission" },
          /403 insufficientPermissions.*delegation lacks the scope\. Next: in the Admin console, .*authorise the scope https:\/\/www\.googleapis\.com\/auth\/gmail\.settings\.basic for client ID \d+$/,
        ],
        [
          "403 for want of a licence",
          { status: 403, reason: "forbidden", message: "Feature not enabled" },
          /403 forbidden "Feature not enabled"\. Hosted S\/MIME is probably off for this user's organisational unit, or alice@example\.com's licence lacks it\. Next: Admin console/,
        ],
        [
          "403 because the Gmail API is off",
          { status: 403, reason: "accessNotConfigured", message: "Gmail API has not been used in project 1 before." },
          /403 accessNotConfigured.*The Gmail API is off in the Cloud project of client ID \d+\. Next: gcloud services enable gmail\.googleapis\.com --project emulator /,
        ],
        [
          "403 because the Gmail API is off, in the newer shape",
          {
            status: 403,
            body: JSON.stringify({
              error: {
                code: 403,
                message: "off",
                status: "PERMISSION_DENIED",
                details: [{}, { reason: "SERVICE_DISABLED" }],
              },
            }),
          },
          /403 SERVICE_DISABLED "off"\. The Gmail API is off/,
        ],
        [
          "403 by the domain's policy",
          { status: 403, reason: "domainPolicy", message: "The domain administrators have disabled Gmail apps." },
          /403 domainPolicy.*policy keeps this program from alice@example\.com's Gmail\. Next: .*App access control, trust client ID \d+/,
        ],
        [
          "403 for another user",
          { status: 403, reason: "forbidden", message: "Delegation denied for alice@example.com" },
          /alice@example\.com is not the user whom the token is for\. Next: write the mailbox's primary address as userId/,
        ],
        [
          "403 for a reason nobody knows",
          { status: 403, reason: "somethingNew", message: "No." },
          /may not act on this address \(somethingNew\)\. Next: authorise the scope \S+basic for client ID \d+ in the Admin console's Domain-wide delegation/,
        ],
        [
          "403 because the day's quota is used up",
          { status: 403, reason: "dailyLimitExceeded", message: "Daily Limit Exceeded" },
          /403 dailyLimitExceeded.*quota for the day is used up, so it was not tried again\. Next: run it again tomorrow/,
        ],
        [
          "429 because the day's quota is used up",
          { status: 429, reason: "dailyLimitExceeded", message: "Daily Limit Exceeded" },
          /429 dailyLimitExceeded.*quota for the day is used up, so it was not tried again/,
        ],
        [
          "400 with a failed precondition",
          { status: 400, reason: "failedPrecondition", message: "Precondition check failed." },
          /400 failedPrecondition.*Gmail is probably not switched on for this user\. Next: check the user's Gmail service/,
        ],
      ];
      for (const [what, fault, sentence] of cases) {
        it(`of ${what} is one call and one sentence`, async () => {
          world.emulator.fault(onInsert(fault));
          const told = await refusal({ alice: certificate(key) });
          assert.match(told.sentence, sentence);
          assert.equal(told.tries, 1);
        });
      }

      for (const [what, fault] of [
        ["429", { status: 429, reason: "rateLimitExceeded", headers: { "Retry-After": "3" } }],
        ["403 with a rate reason", { status: 403, reason: "userRateLimitExceeded" }],
        ["503", { status: 503, reason: "backendError" }],
      ] as const) {
        it(`of ${what} is waited out, and makes one certificate`, async () => {
          world.emulator.fault(onInsert({ ...fault, times: 2 }));
          const story = world.story();
          clean(await story.up({ alice: certificate(key) }));
          assert.deepEqual(world.fingerprints(), [key.fingerprint]);
          assert.ok(story.waited > 0 && story.waited <= 120_000, String(story.waited));
        });
      }

      it("that never ends is waited for no longer than 120 seconds, and says so", async () => {
        world.emulator.fault(onInsert({ status: 429, reason: "rateLimitExceeded", times: 100 }));
        const story = world.story();
        const { errors } = await story.up({ alice: certificate(key) });
        assert.match(errors["alice"] ?? "", /429 rateLimitExceeded.*The project's or the user's quota is used up/);
        assert.ok(story.waited <= 120_000);
        assert.ok(world.verbs().filter((verb) => verb === "insert").length <= 8);
      });

      it("names an alias that the mailbox does not have", async () => {
        const told = await refusal({
          it: certificate(await world.mint("sales2@example.com"), { sendAsEmail: "sales2@example.com" }),
        });
        assert.match(
          told.sentence,
          /of sales2@example\.com \(mailbox alice@example\.com\): Google answered 404.*Next: check that sales2@example\.com is a send-as address of alice@example\.com/,
        );
      });

      it("of a delete, for a reason nobody knows, does not touch the default", async () => {
        const other = await world.mint(ALICE);
        const story = world.story();
        clean(await story.up({ alice: certificate(key) }));
        const { id } = await world.emulator.addCertificate({
          user: ALICE,
          sendAs: ALICE,
          pkcs12: other.pkcs12,
          password: PASSWORD,
        });
        world.emulator.setDefault(ALICE, ALICE, id);
        world.emulator.clearRequests();
        world.emulator.fault({
          match: { method: "DELETE", path: "smimeInfo" },
          times: 1,
          status: 400,
          reason: "invalidArgument",
        });
        const { errors } = await story.destroy();
        assert.match(
          errors["alice"] ?? "",
          /^Deleting the S\/MIME certificate of alice@example\.com: Google answered 400 invalidArgument/,
        );
        assert.deepEqual(world.writes(), ["delete"]);
        assert.equal(world.default(), other.fingerprint);
      });

      it("that echoes the password or the key does not show them", async () => {
        const echo = `bad password ${PASSWORD} (${Buffer.from(PASSWORD).toString("base64")}) in ${key.pkcs12}`;
        world.emulator.fault(onInsert({ status: 400, reason: "invalidArgument", message: echo }));
        const { sentence } = await refusal({ alice: certificate(key) });
        assert.match(sentence, /bad password \[redacted\] \(\[redacted\]\) in \[redacted\]/);
      });

      it("that is no JSON, or not Google's shape, is told all the same", async () => {
        for (const body of ["<html>busy</html>", "", "[]", '{"error":"x"}', '{"error":{"errors":[7]}}']) {
          world.emulator.fault(onInsert({ status: 400, body }));
          assert.match(
            (await refusal({ alice: certificate(key) })).sentence,
            /^Uploading the S\/MIME certificate of alice@example\.com: Google answered 400/,
          );
        }
      });
    });

    describe("a success that is odd", () => {
      for (const body of ["", "{}", "not json", '{"id":7}']) {
        it(`(the insert answers ${JSON.stringify(body)}) is looked up in the list, and makes one certificate`, async () => {
          world.emulator.fault(onInsert({ status: 200, body }));
          clean(await world.story().up({ alice: certificate(key) }));
          assert.deepEqual(world.fingerprints(), [key.fingerprint]);
        });
      }
    });

    describe("an answer that is not Google's (a proxy's page, say)", () => {
      const page = (body: string): Partial<Fault> => {
        const type = /^[[{n]/.test(body) ? "application/json" : "text/html";
        return { status: 200, body, headers: { "content-type": type } };
      };

      for (const body of ["<html>sign in</html>", "", "[]", "null", '{"smimeInfo":{}}', '{"error":{"code":503}}']) {
        it(`to a list is no empty list: ${JSON.stringify(body)}`, async () => {
          world.emulator.seed(seed({ duplicateInsert: "second" }));
          await world.emulator.addCertificate({ user: ALICE, sendAs: ALICE, pkcs12: key.pkcs12, password: PASSWORD });
          world.emulator.fault({ match: { method: "GET", path: "smimeInfo$" }, times: 1, ...page(body) });
          clean(await world.story().up({ alice: certificate(key) }));
          assert.deepEqual(world.fingerprints(), [key.fingerprint]);
        });
      }

      for (const body of ["<html>sign in</html>", "[]", "null", '{"error":{"code":503}}']) {
        it(`to a delete or a setDefault does not count as done: ${JSON.stringify(body)}`, async () => {
          const story = world.story();
          const program: Program = { alice: certificate(key), signs: defaultOf(output("alice", "id")) };
          world.emulator.fault({ match: { path: "setDefault$" }, times: 1, ...page(body) });
          clean(await story.up(program));
          assert.equal(world.default(), key.fingerprint);
          world.emulator.fault({ match: { method: "DELETE", path: "smimeInfo" }, times: 1, ...page(body) });
          clean(await story.destroy());
          assert.deepEqual(world.fingerprints(), []);
        });
      }

      for (const body of ["<html>sign in</html>", "[]", '{"error":{"code":503}}'])
        it(`to an upload of the audit key does not count as done: ${JSON.stringify(body)}`, async () => {
          const { publicKey } = await mintPgpKey();
          world.emulator.fault({ match: { path: "publickey" }, times: 1, ...page(body) });
          clean(
            await world.story().up({ audit: { token: "AuditPublicKey", args: { domain: "example.com", publicKey } } }),
          );
          assert.equal(Object.keys(world.emulator.state().audit).length, 1);
        });

      it("with status 404 does not mean that a certificate is gone", async () => {
        const story = world.story();
        clean(await story.up({ alice: certificate(key) }));
        world.emulator.fault({
          match: { method: "GET", path: "smimeInfo" },
          times: 2,
          status: 404,
          body: "<html>not found</html>",
        });
        assert.match((await story.refresh()).errors["alice"] ?? "", /Google answered 404/);
        assert.equal(story.kept.size, 1);
      });
    });

    describe("a ready access token", () => {
      it("that may not act is told by its own setting and scopes", async () => {
        world.emulator.seed(seed({}, { accessTokens: [{ token: "t-own", user: ALICE, scopes: [] }] }));
        const environment = { GOOGLEWORKSPACE_ACCESS_TOKEN: "t-own", GOOGLE_WORKSPACE_MAIL_NOW: NOW };
        const { errors } = await world
          .story({ config: { endpoint: world.emulator.url }, environment })
          .up({ alice: certificate(key) });
        assert.match(
          errors["alice"] ?? "",
          /The token in GOOGLEWORKSPACE_ACCESS_TOKEN lacks the scope\. Next: make it again with \S+gmail\.settings\.basic$/,
        );
      });

      it("made for another Google provider does not come before a key made for Workspace", async () => {
        const environment = {
          GOOGLE_OAUTH_ACCESS_TOKEN: "elsewhere",
          GOOGLEWORKSPACE_CREDENTIALS: JSON.stringify(world.emulator.keyFile),
          GOOGLE_WORKSPACE_MAIL_NOW: NOW,
        };
        clean(
          await world.story({ config: { endpoint: world.emulator.url }, environment }).up({ alice: certificate(key) }),
        );
      });

      it("makes one certificate of two resources that call its mailbox me and by name", async () => {
        world.emulator.seed(seed({ duplicateInsert: "second" }));
        const story = world.story({ config: { endpoint: world.emulator.url, accessToken: "alice-own-token" } });
        clean(
          await story.up({
            me: certificate(key, { userId: "me", sendAsEmail: ALICE }),
            named: certificate(key, { sendAsEmail: ALICE }),
          }),
        );
        assert.deepEqual(world.fingerprints(), [key.fingerprint]);
      });
    });

    describe("a refusal of the token endpoint", () => {
      it("for a scope that is not delegated names the client id and the scope", async () => {
        const { keyFile } = world.emulator;
        world.emulator.fault({
          match: { path: "^/token$" },
          times: 1,
          status: 401,
          body: '{"error":"unauthorized_client","error_description":"Client is unauthorized to retrieve access tokens using this method."}',
        });
        const { sentence, tries } = await refusal(
          { sales: certificate(await world.mint(SALES), { sendAsEmail: SALES }) },
          "^/token$",
        );
        assert.equal(tries, 1);
        assert.match(
          sentence,
          new RegExp(
            `^Getting an access token for alice@example\\.com: Google answered 401 unauthorized_client.*authorise client ID ${keyFile.client_id} for https://www\\.googleapis\\.com/auth/gmail\\.settings\\.sharing$`,
          ),
        );
      });

      for (const [error, sentence] of [
        ["invalid_grant", /is not a user of the domain \(suspended, deleted, or an alias/],
        ["invalid_client", /does not know this service-account key/],
        ["invalid_request", /cannot be impersonated/],
        ["access_denied", /restricts this account's access/],
        ["something_new", /Next: check the service account and its delegation/],
      ] as const) {
        it(`of ${error} is one call and one sentence`, async () => {
          world.emulator.fault({ match: { path: "^/token$" }, times: 1, status: 400, body: JSON.stringify({ error }) });
          const told = await refusal({ alice: certificate(key) }, "^/token$");
          assert.match(told.sentence, sentence);
          assert.equal(told.tries, 1);
        });
      }

      it("that is a 503 is waited out", async () => {
        world.emulator.fault({ match: { path: "^/token$" }, times: 2, status: 503, body: "" });
        clean(await world.story().up({ alice: certificate(key) }));
        assert.deepEqual(world.verbs(), ["token", "token", "token", "list", "insert"]);
      });
    });

    describe("a refusal of the Email Audit API", () => {
      let program: Program;
      before(async () => {
        program = {
          audit: {
            token: "AuditPublicKey",
            args: { domain: "example.com", publicKey: (await mintPgpKey()).publicKey },
          },
        };
      });
      const xml = (code: number): string =>
        `<AppsForYourDomainErrors>\r\n  <error errorCode="${code}" invalidInput="key" reason="SomeReason" />\r\n</AppsForYourDomainErrors>`;

      for (const [code, sentence] of [
        [1409, /takes the key for invalid/],
        [1412, /wants an RSA public key that may encrypt/],
        [1413, /accepts one user id only/],
      ] as const) {
        it(`of ${String(code)} is one call and one sentence`, async () => {
          world.emulator.fault({ match: { path: "publickey" }, times: 1, status: 400, body: xml(code) });
          const told = await refusal(program, "publickey");
          assert.match(told.sentence, sentence);
          assert.match(
            told.sentence,
            new RegExp(
              `^Uploading the audit public key of example\\.com: Google answered 400 ${String(code)} SomeReason`,
            ),
          );
          assert.equal(told.tries, 1);
        });
      }

      it("of 1411 is tried once more with the other line ends", async () => {
        world.emulator.fault({ match: { path: "publickey" }, times: 2, status: 400, body: xml(1411) });
        const told = await refusal(program, "publickey");
        assert.match(told.sentence, /cannot read the key's format.*gpg --armor --export/);
        assert.equal(told.tries, 2);
      });

      const forbidden: [string, string, RegExp][] = [
        [
          "whose scope is not granted names client and scope",
          "You are not authorized to access this API",
          /Probably the scope is not granted, or admin@example\.com is no administrator of example\.com\. Next: .*authorise client ID \d+ for https:\/\/apps-apis\.google\.com\/a\/feeds\/compliance\/audit\/ /,
        ],
        [
          "who is no administrator says whom to name",
          "You are not authorized to perform operations on the domain",
          /Probably admin@example\.com is no administrator of example\.com, or .*Next: set google-workspace-mail:adminEmail to an administrator/,
        ],
        [
          "whose project has the API switched off says how to enable it",
          "Access Not Configured. Email Audit API has not been used in project 7 before or it is disabled.",
          /The Email Audit API is off in the Cloud project of client ID \d+\. Next: enable it in the Cloud console/,
        ],
      ];
      for (const [whose, body, sentence] of forbidden)
        it(`of a caller ${whose}`, async () => {
          world.emulator.fault({ match: { path: "publickey" }, times: 1, status: 403, body });
          const told = await refusal(program, "publickey");
          assert.match(told.sentence, sentence);
          assert.equal(told.tries, 1);
        });

      it("of a busy server, in XML or in words, is waited out", async () => {
        world.emulator.fault(
          { match: { path: "publickey" }, times: 1, status: 400, body: xml(1001) },
          { match: { path: "publickey" }, times: 1, status: 403, body: "Quota exceeded for the current request" },
        );
        assert.deepEqual(await refusal(program, "publickey"), { sentence: "", tries: 3 });
      });

      it("of a megabyte of angle brackets holds nothing up", async () => {
        world.emulator.fault({ match: { path: "publickey" }, times: 1, status: 403, body: "<".repeat(1_000_000) });
        const start = performance.now();
        assert.match((await refusal(program, "publickey")).sentence, /Google answered 403/);
        assert.ok(performance.now() - start < 10_000);
      });

      it("with a DOCTYPE, with entities, or too deep, is told without being parsed", async () => {
        for (const body of [
          '<!DOCTYPE x [<!ENTITY a "b">]><AppsForYourDomainErrors><error errorCode="1409"/></AppsForYourDomainErrors>',
          "<a>".repeat(10_000),
          `${"<a>".repeat(20)}${"</a>".repeat(20)}`,
        ]) {
          world.emulator.fault({ match: { path: "publickey" }, times: 1, status: 400, body });
          assert.match(
            (await refusal(program, "publickey")).sentence,
            /^Uploading the audit public key of example\.com: Google answered 400/,
          );
        }
      });
    });
  });
