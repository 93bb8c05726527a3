// A secret where none belongs, or in the wrong form: what a check failure shows of it. Played as the engine does: it prints
// the reason, and the value of the property that the failure names (step_generator.go: issueCheckFailures).
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { mintPgpKey } from "./mint";
import { ADAPTERS } from "./sessions";
import { textAsset, type Declared } from "./story";
import { leaks, tracesOf, tracesOfArmor, tracesOfFile, tracesOfPem } from "./traces";
import { ALICE, certificate, PASSWORD, World, type Minted } from "./world";

const canary = (name: string): string => `${name}-canary-${randomBytes(12).toString("hex")}`;

for (const adapter of ADAPTERS)
  describe(`a mistaken value, through the ${adapter} adapter`, () => {
    const wrong = canary("wrong");
    const nonsense = canary("not a key %%");
    let world: World;
    let key: Minted;
    let openPgpKey: string;
    let traces: Record<string, string[]>;

    before(async () => {
      world = await World.start(adapter);
      key = await world.mint(ALICE, { keyKind: "RSA-2048" });
      openPgpKey = (await mintPgpKey()).privateKey;
      traces = {
        "wrong value": tracesOf(wrong),
        nonsense: tracesOf(nonsense),
        password: tracesOf(PASSWORD),
        "PKCS#12 file": tracesOfFile(key.bytes),
        "PEM key": tracesOfPem(key.privateKeyPem),
        "OpenPGP key": tracesOfArmor(openPgpKey),
      };
    });
    after(() => world.emulator.stop());

    const plain = (args: Record<string, unknown>): Declared => ({
      token: "SmimeCertificate",
      args: { userId: ALICE, ...args },
    });
    const audit = (publicKey: string): Declared => ({
      token: "AuditPublicKey",
      args: { domain: "example.com", publicKey },
    });

    const mistakes: [what: string, declared: () => Declared, said: RegExp][] = [
      ["a wrong password", () => certificate(key, { password: wrong }), /^password: /],
      ["a password that is a list", () => certificate(key, { password: [wrong] }), /password must be a string/],
      ["a password that is an object", () => certificate(key, { password: { wrong } }), /password must be a string/],
      ["a password for a PEM key", () => plain({ ...pemOf(key), password: wrong }), /password/],
      ["PKCS#12 that is not base64", () => plain({ pkcs12: nonsense }), /pkcs12: .*neither base64 nor base64url/],
      ["PKCS#12 that is another thing", () => plain({ pkcs12: btoa(wrong) }), /pkcs12/],
      ["an asset that is not base64", () => plain({ pkcs12: textAsset(nonsense) }), /pkcs12: .*not base64/],
      ["an asset that is none", () => plain({ pkcs12: { asset: wrong } }), /pkcs12 must be a string or an asset/],
      ["PKCS#12 as password", () => certificate(key, { pkcs12: PASSWORD, password: key.pkcs12 }), /pkcs12: /],
      ["a PEM key as PKCS#12", () => plain({ pkcs12: key.privateKeyPem }), /pkcs12/],
      ["PKCS#12 as PEM key", () => plain({ ...pemOf(key), privateKey: key.pkcs12 }), /privateKey/],
      ["PEM that is none", () => plain({ privateKey: nonsense, certificate: "none" }), /privateKey: .*/],
      ["a PEM key as certificate", () => plain({ certificate: key.privateKeyPem }), /certificate: holds a private key/],
      [
        "a PEM key among the chain",
        () => plain({ ...pemOf(key), chain: key.privateKeyPem }),
        /chain: holds a private key/,
      ],
      ["PKCS#12 as certificate", () => plain({ certificate: key.pkcs12 }), /certificate/],
      ["a secret that is misspelt", () => certificate(key, { passwort: wrong }), /passwort is not a property of this/],
      ["an OpenPGP private key", () => audit(openPgpKey), /publicKey: holds a secret key/],
      ["a PEM key as audit key", () => audit(key.privateKeyPem), /publicKey/],
      ["a password as audit key", () => audit(wrong), /publicKey/],
    ];
    for (const [what, declared, said] of mistakes) {
      it(`is not shown: ${what}`, async () => {
        const it = declared();
        const { failures, errors, messages } = await world.story().preview({ it });
        const problems = failures["it"] ?? [];
        const printed = problems.map(({ property, reason }) => `${reason} ${inspect(it.args[property], { depth: 9 })}`);
        assert.match(problems.map(({ reason }) => reason).join("\n"), said);
        assert.deepEqual([errors, leaks(traces, [...printed, ...messages])], [{}, []], printed.join("\n"));
      });
    }
  });

const pemOf = ({ privateKeyPem, certificatePem, chainPem }: Minted): Record<string, string> => ({
  privateKey: privateKeyPem,
  certificate: certificatePem,
  chain: chainPem,
});
