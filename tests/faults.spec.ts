/**
 * One fault at each of Gmail's methods, in every operation of a mailbox's life: the operation repeated until it is clean
 * must come to what the program declares, under what nobody knows of Google (facts G), foreign certificates included.
 */
import assert from "node:assert/strict";
import type { Fault, Knobs } from "./emulator";
import { mintPkcs12 } from "./mint";
import { ADAPTERS } from "./sessions";
import { output, type Outcome, type Program } from "./story";
import { ALICE, certificate, defaultOf, PASSWORD, seed, unchanged, World, type Minted } from "./world";

const KNOBS: Partial<Knobs>[] = [
  {},
  { duplicateInsert: "second", listLag: 2 },
  { deleteDefault: "refuse" },
  { firstInsertBecomesDefault: true, deleteDefault: "promote", listLag: 1 },
];

/** The faults meet the core, which is the same: what the plugin adds is seen as well under two of the settings. */
const THROUGH_GRPC = KNOBS.filter((_, index) => index % 2 === 1);

const METHODS = {
  list: { method: "GET", path: "smimeInfo$" },
  get: { method: "GET", path: "smimeInfo/[^/]+$" },
  insert: { method: "POST", path: "smimeInfo$" },
  setDefault: { method: "POST", path: "setDefault$" },
  delete: { method: "DELETE", path: "smimeInfo/[^/]+$" },
} as const;

/** Once, which a retry hides where there is one, and throughout the first run, so that it fails. */
const THROUGHOUT = 1000;
const FAULTS: Record<string, Partial<Fault>> = {
  "dropped before, once": { drop: "before", times: 1 },
  "dropped before, throughout": { drop: "before", times: THROUGHOUT },
  "dropped after, once": { drop: "after", times: 1 },
  "dropped after, throughout": { drop: "after", times: THROUGHOUT },
  "500, once": { status: 500, reason: "backendError", times: 1 },
  "500, throughout": { status: 500, reason: "backendError", times: THROUGHOUT },
  "403 forbidden, which is never retried": { status: 403, reason: "forbidden", times: 1 },
};

/** A failed operation is run again, as a person would. */
const MOST_RUNS = 3;

interface Case {
  readonly knobs: Partial<Knobs>;
  readonly fault: Fault;
  /** The address has somebody else's certificate, and signs with it. */
  readonly foreign: boolean;
}

for (const adapter of ADAPTERS)
  describe(`one fault in every operation, through the ${adapter} adapter`, () => {
    let world: World;
    let first: Minted;
    let second: Minted;
    let others: Minted;
    before(async () => {
      world = await World.start(adapter);
      [first, second, others] = await Promise.all([mint(), mint(), mint()]);
    });
    after(() => world.emulator.stop());

    for (const knobs of adapter === "plugin" ? THROUGH_GRPC : KNOBS) {
      for (const [name, match] of Object.entries(METHODS)) {
        it(`at ${name} leaves what is declared and what is foreign, Google with ${JSON.stringify(knobs)}`, async () => {
          const problems: string[] = [];
          for (const [what, fault] of Object.entries(FAULTS)) {
            for (const foreign of [false, true]) {
              const failed = await problemOf(() => life({ knobs, foreign, fault: { match, ...fault } }));
              const where = `${what}, ${foreign ? "with" : "without"} a foreign default`;
              if (failed !== undefined) problems.push(`${where}: ${failed}`);
            }
          }
          assert.ok(problems.length === 0, problems.join("\n\n"));
        });
      }
    }

    /** These files are opened some thousand times, so with the cheapest key derivation. */
    async function mint(): Promise<Minted> {
      const minted = await world.mint();
      const bytes = await mintPkcs12(minted, { password: PASSWORD, iterations: 1 });
      return { ...minted, bytes, pkcs12: bytes.toString("base64") };
    }

    const mailbox = (key: Minted): Program => ({ alice: certificate(key), signs: defaultOf(output("alice", "id")) });

    /** Up, rotation and destroy, with what must be true after each. */
    async function life({ knobs, foreign, fault }: Case): Promise<void> {
      world.emulator.seed(seed(knobs));
      if (foreign) await addOthers(knobs.listLag ?? 0);
      const story = world.story();
      const said: string[] = [];
      const until = async (operation: () => Promise<Outcome>): Promise<void> => {
        world.emulator.fault(fault);
        said.push(...(await untilClean(operation, () => world.emulator.clearFaults())));
        assert.ok(fault.drop === "after" || leftIn(said).length === 0, "only what lost its answer is left");
      };
      for (const key of [first, second]) {
        await until(() => story.up(mailbox(key)));
        checkDeclared(key, foreign, said);
        unchanged(await story.preview(mailbox(key)));
      }
      await until(() => story.destroy());
      assert.deepEqual([...story.kept.keys()], []);
      checkTheRest([first, second], foreign, said);
      // Where no answer to setDefault came through, the next run finds our default and none before it.
      const forgotten =
        fault.drop === "after" && said.some((message) => /no earlier default is recorded/.test(message));
      if (foreign && !forgotten) assert.equal(world.default(), others.fingerprint, "the default from before");
    }

    /** By hand, long ago: no list lags behind it. */
    async function addOthers(listLag: number): Promise<void> {
      const { pkcs12 } = others;
      const { id } = await world.emulator.addCertificate({ user: ALICE, sendAs: ALICE, pkcs12, password: PASSWORD });
      world.emulator.setDefault(ALICE, ALICE, id);
      const list = `${world.emulator.url}/gmail/v1/users/me/settings/sendAs/${ALICE}/smimeInfo`;
      for (let lists = 0; lists <= listLag; lists += 1)
        await fetch(list, { headers: { authorization: "Bearer alice-own-token" } });
      world.emulator.clearRequests();
    }

    function checkDeclared(key: Minted, foreign: boolean, said: readonly string[]): void {
      assert.equal(idsOf(key).length, 1, "the declared certificate, once");
      assert.equal(world.default(), key.fingerprint, "the default");
      checkTheRest(
        [first, second].filter((minted) => minted !== key),
        foreign,
        said,
      );
    }

    /** The foreign certificate, and of ours what the provider said that it left. */
    function checkTheRest(ours: readonly Minted[], foreign: boolean, said: readonly string[]): void {
      assert.equal(idsOf(others).length, foreign ? 1 : 0, "the foreign certificate");
      assert.deepEqual(ours.flatMap(idsOf).sort(), leftIn(said), "what was left, and said to be");
    }

    const idsOf = ({ fingerprint }: Minted): string[] =>
      world.certificates().flatMap((entry) => (entry.fingerprint === fingerprint ? entry.id : []));
  });

/** Google's ids of what the provider said that it left. */
function leftIn(said: readonly string[]): string[] {
  const ids = said.flatMap((message) => /certificate (\S+) .* is left in Gmail/.exec(message)?.[1] ?? []);
  return [...new Set(ids)].sort();
}

/** Runs it again until nothing fails; returns what the provider said. */
async function untilClean(operation: () => Promise<Outcome>, afterFirst: () => void): Promise<string[]> {
  const said: string[] = [];
  for (let run = 1; ; run += 1) {
    const { failures, errors, messages } = await operation();
    afterFirst();
    said.push(...messages);
    const problems = [...Object.values(failures).flat(), ...Object.values(errors)];
    if (problems.length === 0) return said;
    assert.ok(run < MOST_RUNS, `still failing: ${JSON.stringify(problems)}`);
  }
}

async function problemOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "not an error";
  }
}
