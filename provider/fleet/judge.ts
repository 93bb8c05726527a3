/**
 * What is to be said of each row of a fleet, by the rules of SmimeCertificate. A file that the last update knew already, by
 * its hash, is not opened again: of it only the time is looked at.
 */
import { UNKNOWN, type Unknown } from "../fields";
import { certificateFacts, certificateFindings, expiryFindings } from "../keys/certificate";
import { readPkcs12 } from "../keys/pkcs12";
import { KeyMaterialError, type Finding } from "../keys/problem";
import { checkAddress } from "../resources/address";
import type { Services } from "../resources/services";
import type { KnownRows } from "./knownRows";
import type { Leaf } from "./leaves";
import { rowKey, type Row } from "./rows";
import { RowSource } from "./rowSource";
import { sideBySide } from "./sideBySide";

/** Of a fleet's inputs, what Check looks at. */
export interface FleetInputs {
  readonly rows?: string | Unknown;
  readonly csv?: string | Unknown;
  readonly passwords?: string | Unknown;
  readonly leaves?: string | Unknown;
  readonly expiryPolicy?: "warn" | "error" | "ignore" | Unknown;
  readonly renewBeforeDays?: number | Unknown;
  readonly maxDeletes?: number | Unknown;
}

type Told = Pick<Finding, "severity" | "reason">;

export interface Verdict {
  /** Absent where the file could not be opened. */
  readonly leaf?: Leaf;
  readonly findings: readonly Told[];
}

/** A row before its time is judged. */
interface Looked {
  readonly leaf?: Leaf & { readonly notBefore?: string };
  readonly findings: readonly Told[];
  /** The fleet did not have this certificate on this address. */
  readonly isNew: boolean;
}

const NOTHING: Looked = { findings: [], isNew: false };

const addressOf = ({ user, sendAs }: Row): string => `${user} ${sendAs}`;

interface Before {
  readonly inputs: FleetInputs;
  readonly olds: FleetInputs;
  readonly known: KnownRows;
}

export class Judge {
  readonly #inputs: FleetInputs;
  readonly #known: KnownRows;
  readonly #source: RowSource;
  readonly #oldSource: RowSource;
  /** Address and fingerprint of what the fleet had before. */
  readonly #prints: ReadonlySet<string>;

  constructor(
    { inputs, olds, known }: Before,
    private readonly services: Services,
  ) {
    this.#inputs = inputs;
    this.#known = known;
    this.#source = new RowSource(text(inputs.csv), text(inputs.passwords), services);
    this.#oldSource = new RowSource(text(inputs.csv), text(olds.passwords), services);
    this.#prints = new Set([...known.values()].flatMap(({ row, leaf }) => (leaf ? print(row, leaf) : [])));
  }

  /** In the order of the rows. */
  async judge(rows: readonly Row[]): Promise<Verdict[]> {
    const verdicts: (Looked | undefined)[] = rows.map((row) => this.#old(row));
    const fresh = [...rows.keys()].filter((index) => verdicts[index] === undefined);
    const { interrupted } = await sideBySide(fresh, { ...this.services, status: () => undefined }, async (index) => {
      const row = rows[index];
      if (row) verdicts[index] = await this.#new(row);
      return "done";
    });
    if (interrupted) throw interrupted;
    const whole = verdicts.map((verdict) => verdict ?? NOTHING);
    return withTwins(rows, this.#withTime(rows, whole));
  }

  #old(row: Row): Looked | undefined {
    const before = this.#known.get(rowKey(row));
    if (!before?.leaf || !this.#source.isSame(row, before.row, this.#oldSource)) return undefined;
    return { leaf: before.leaf, findings: [], isNew: false };
  }

  async #new(row: Row): Promise<Looked> {
    const wrong = addressFindings(row, this.services);
    try {
      const { pkcs12, password } = await this.#source.load(row);
      const { leaf, chain } = await readPkcs12(pkcs12, password);
      const facts = certificateFacts(leaf);
      this.services.leafRead(facts);
      const found = certificateFindings(leaf, chain, wrong.length > 0 ? undefined : row.sendAs);
      const isNew = !this.#prints.has(print(row, facts));
      return { leaf: facts, findings: [...wrong, ...found], isNew };
    } catch (problem) {
      if (!(problem instanceof KeyMaterialError)) throw problem;
      return { findings: [...wrong, ...problem.problems.map(({ reason }) => error(reason))], isNew: false };
    }
  }

  /** Of several rows of an address the one that expires last is judged: older ones stay for old mail, and may lapse. */
  #withTime(rows: readonly Row[], looked: readonly Looked[]): Verdict[] {
    const last = new Map<string, string>();
    rows.forEach((row, index) => {
      const { expiration = "" } = looked[index]?.leaf ?? {};
      if (expiration > (last.get(addressOf(row)) ?? "")) last.set(addressOf(row), expiration);
    });
    return rows.map((row, index) => {
      const { leaf, findings, isNew } = looked[index] ?? NOTHING;
      if (!leaf) return { findings };
      const isLast = leaf.expiration === last.get(addressOf(row));
      return { leaf, findings: [...findings, ...this.#timeFindings(leaf, isNew, isLast)] };
    });
  }

  #timeFindings(leaf: Looked["leaf"] & object, leafIsNew: boolean, isLast: boolean): Told[] {
    const { expiryPolicy: policy = "warn", renewBeforeDays: days } = this.#inputs;
    return expiryFindings(leaf, this.services.now(), {
      leafIsNew,
      expiryPolicy: !isLast ? "ignore" : policy === UNKNOWN ? "warn" : policy,
      ...(typeof days === "number" && { renewBeforeDays: days }),
    });
  }
}

function addressFindings({ user, sendAs }: Row, services: Services): Told[] {
  if (user === "") return [error("the row names no user. Write the mailbox's address.")];
  const address = { userId: user, ...(sendAs !== user && { sendAsEmail: sendAs }) };
  return checkAddress(address, services).failures.map(({ reason }) => error(reason));
}

/** Two rows of an address need names to tell them apart, and certificates: each row holds one of its own. */
function withTwins(rows: readonly Row[], verdicts: readonly Verdict[]): Verdict[] {
  const prints = rows.map((row, index) => (verdicts[index]?.leaf ? print(row, verdicts[index].leaf) : undefined));
  const [keysTwice, printsTwice] = [twice(rows.map(rowKey)), twice(prints)];
  return verdicts.map((verdict, index) => {
    const row = rows[index];
    if (row && keysTwice.has(rowKey(row))) {
      const why = "another row is for this address too. Give each a name of its own, in the column name.";
      return { ...verdict, findings: [...verdict.findings, error(why)] };
    }
    if (!printsTwice.has(prints[index])) return verdict;
    const why = "another row has the same certificate for this address. Leave one of them out.";
    return { ...verdict, findings: [...verdict.findings, error(why)] };
  });
}

function twice<T>(all: readonly (T | undefined)[]): ReadonlySet<T | undefined> {
  const seen = new Set<T>();
  const again = new Set<T>();
  for (const one of all) {
    if (one === undefined) continue;
    if (seen.has(one)) again.add(one);
    seen.add(one);
  }
  return again;
}

const error = (reason: string): Told => ({ severity: "error", reason });

const print = (row: Row, { fingerprint }: Leaf): string => `${addressOf(row)} ${fingerprint}`;

const text = (value: string | Unknown | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
