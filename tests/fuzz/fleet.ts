/**
 * A fleet's texts: CSVs as nobody should write them, and rows, leaves and state by another version or by hand. Passwords stand
 * in any column, and none may show.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { readFleet } from "../../sdk";
import type { Properties, Session } from "../sessions";
import { AnswerServer } from "./answerServer";
import { damagedText, damages, type Damage } from "./bytes";
import { sessionsAt } from "./machine";
import { fixture, material, PASSWORD, pem } from "./material";
import { allowing, allowingAnswer, harmless, type Target } from "./target";

/** In any cell; a hyphen makes it no name of a variable, which is told. */
const CANARY = "hunter2-canary-0001";
/** In `passwords` alone. */
const GIVEN = "swordfish-canary-0002";
const ALICE = "alice@example.com";
const LEAF = "0".repeat(64);

interface CsvCase {
  readonly kind: "csv";
  readonly text: string;
  readonly done: readonly Damage[];
}

interface TextCase {
  readonly kind: "texts";
  readonly verb: "check" | "diff" | "foresee" | "update" | "read" | "delete";
  readonly olds: Properties;
  readonly news: Properties;
  readonly state: Properties;
}

type Case = CsvCase | TextCase;

const cells = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom(
      ALICE,
      "ALICE@example.com ",
      "a.p12",
      "./a.p12",
      "../a.p12",
      PASSWORD,
      CANARY,
      "",
      " ",
      "me",
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "env:PW",
      "env:",
      `env:${CANARY}`,
      "user",
      "path",
      "password",
      "b\u00e9.p12",
      "/dev/zero",
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);
const quoted = fc.oneof(
  { weight: 6, arbitrary: cells },
  { weight: 2, arbitrary: cells.map((cell) => `"${cell.replaceAll('"', '""')}"`) },
  { weight: 1, arbitrary: cells.map((cell) => `"${cell}`) },
  { weight: 1, arbitrary: fc.tuple(cells, cells).map(([one, other]) => `"${one}\r\n${other}"`) },
);
const good = fc.constantFrom(
  `${ALICE},a.p12,${PASSWORD}`,
  `bob@example.com,a.p12,${CANARY}`,
  `${ALICE},a.p12,env:PW,,2027`,
);
const header = fc.constantFrom(
  "user,path,password",
  "User,Path",
  "path,user,passwordFile",
  "password,name,user,path,sendAs,passwordFile",
);
const line = fc.oneof(
  { weight: 3, arbitrary: good },
  { weight: 1, arbitrary: header },
  { weight: 2, arbitrary: fc.array(quoted, { maxLength: 8 }).map((row) => row.join(",")) },
);
const csvs: fc.Arbitrary<CsvCase> = fc
  .record({
    bom: fc.constantFrom("", "", "\ufeff"),
    lines: fc.array(fc.tuple(line, fc.constantFrom("\n", "\n", "\r\n", "\r", "")), { maxLength: 12 }),
    done: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: damages(3) }),
  })
  .map(({ bom, lines, done }) => ({ kind: "csv", text: bom + lines.flat().join(""), done }));

/** Lines of tab-separated parts, as the fleet writes them and as it does not. */
function texts(...wholes: readonly string[]): fc.Arbitrary<unknown> {
  const part = fc.oneof(
    cells,
    fc.constantFrom("given", "file:a.p12", "default,chosen", LEAF, "2027-01-01T00:00:00Z", "never"),
  );
  const strange = fc.array(part, { maxLength: 9 }).map((parts) => parts.join("\t"));
  const lines = fc.array(
    fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...wholes) }, { weight: 1, arbitrary: strange }),
    {
      maxLength: 6,
    },
  );
  const text = lines.map((all) => all.join("\n"));
  return fc.oneof(
    { weight: 9, arbitrary: text },
    { weight: 2, arbitrary: text.map((each) => `${each}\n`) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

function textCases(hash: string, csv: string): fc.Arbitrary<TextCase> {
  const row = `${ALICE}\t\t\ta.p12\tgiven\t${hash}`;
  const certificate = `${ALICE}\t\t\tANe1Bm\t${LEAF}\t2027-01-01T00:00:00Z\tdefault,chosen`;
  const given = JSON.stringify({ [`${ALICE}\t\t`]: PASSWORD, x: GIVEN });
  const inputs = fc.record(
    {
      rows: texts(row, row.replace("given", "env:PW"), row.replace("\t\t\t", "\t\tother\t")),
      csv: fc.constantFrom(csv, "nowhere.csv", "/", "\0"),
      passwords: fc.oneof(
        fc.constant(given),
        fc.json(),
        fc.string({ maxLength: 9 }).map((text) => `{"${GIVEN}${text}`),
      ),
      maxDeletes: fc.constantFrom(0, 5, -1, 1e9),
      choose: fc.constantFrom("furthestExpiry", "none", "x"),
      previous: fc.constantFrom("keep", "delete"),
      leaves: texts(`${LEAF}\t2027-01-01T00:00:00Z`),
    },
    { requiredKeys: ["rows"] },
  ) as fc.Arbitrary<Properties>;
  return fc.record({
    kind: fc.constant("texts"),
    verb: fc.constantFrom("check", "diff", "foresee", "update", "read", "delete"),
    olds: inputs,
    news: inputs,
    state: fc.record({
      certificates: texts(certificate, certificate.replace("default,chosen", "earlier,adopted")),
      previousDefaults: texts(`${ALICE}\t\tANe1Bm`),
      unmanaged: texts(certificate),
      failed: texts(`${ALICE}\t\t\twhy`),
    }),
  });
}

function ask(session: Session, { verb, olds, news, state }: TextCase): Promise<unknown> {
  const held = { id: "smimeFleet", inputs: olds, state };
  switch (verb) {
    case "check": {
      const { leaves: _computed, ...written } = news;
      return session.check("SmimeFleet", olds, written);
    }
    case "diff":
      return session.diff("SmimeFleet", held, news);
    case "foresee":
    case "update":
      return session.update("SmimeFleet", held, news, verb === "foresee");
    case "read":
      return session.read("SmimeFleet", held);
    case "delete":
      return session.delete("SmimeFleet", held);
  }
}

export const fleet: Target<Case> = {
  name: "fleet",
  about: "a fleet's CSVs, rows and state, with passwords in any column",
  async open() {
    const folder = mkdtempSync(join(tmpdir(), "google-workspace-mail-fuzz-"));
    const csv = join(folder, "mailboxes.csv");
    mkdirSync(join(folder, "keys"));
    writeFileSync(join(folder, "a.p12"), fixture("openssl-ec.p12"));
    writeFileSync(csv, `${ALICE},a.p12,${PASSWORD}`);
    const hash = readFleet(csv).rows.trim().split("\t").at(-1) ?? "";
    const server = new AnswerServer();
    const { sessions, messages } = await sessionsAt(await server.listen());
    const { leaf } = await material("openssl-ec.p12");
    const info = { id: "ANe1Bm", isDefault: true, pem: pem("CERTIFICATE", leaf) };
    const body = JSON.stringify({ ...info, smimeInfo: [info] });

    async function runCsv({ text, done }: CsvCase): Promise<boolean> {
      const written = damagedText(Buffer.from(text).toString("latin1"), done);
      writeFileSync(csv, written, "latin1");
      // an address is told, whatever it is made of
      const secrets = /canary[^,\s"]*@/i.test(written) ? [] : [CANARY];
      const args = await allowing(secrets, () => readFleet(csv));
      if (!args) return false;
      const { passwords: _secret, ...open } = args;
      const columns = open.rows.split("\n").map((each) => each.split("\t"));
      assert.ok(
        columns.every((row) => row.length === 6 || row.join("") === ""),
        "six parts a row",
      );
      let isTaken = false;
      for (const session of sessions) {
        const checked = await allowingAnswer(secrets, () => session.check("SmimeFleet", {}, { ...args }));
        for (const { reason } of checked?.failures ?? []) harmless(reason, secrets);
        if (checked?.failures.length === 0 && open.rows !== "") isTaken = true;
      }
      for (const message of messages.splice(0)) harmless(message, secrets);
      return isTaken;
    }

    async function runTexts(value: TextCase): Promise<boolean> {
      server.answer([{ status: 200, type: "application/json", headers: [], body, how: "plain" }]);
      let isTaken = false;
      for (const session of sessions) {
        const answered = await allowingAnswer([GIVEN], async () => ({ done: await ask(session, value) }));
        if (answered) isTaken = true;
      }
      for (const message of messages.splice(0)) harmless(message, [GIVEN]);
      return isTaken;
    }

    return {
      cases: fc.oneof({ weight: 1, arbitrary: csvs }, { weight: 1, arbitrary: textCases(hash, csv) }),
      run: (value) => (value.kind === "csv" ? runCsv(value) : runTexts(value)),
      close: () => {
        for (const session of sessions) session.close();
        rmSync(folder, { recursive: true });
        return Promise.resolve(server.close());
      },
    };
  },
};
