/**
 * The core: what a resource is, and check, diff, create, read, update and delete for any of them.
 * It knows neither Pulumi nor HTTP and has no clock of its own; adapters translate to and from it.
 */
import {
  hideValue,
  isWritable,
  pick,
  pickSound,
  shapeFailures,
  UNKNOWN,
  type Draft,
  type Failure,
  type Field,
  type Fields,
  type Foreseen,
  type Inputs,
  type State,
  type Values,
} from "./fields";
import type { Listing } from "./list";
import { MailKeyError, printable } from "./mailKeyError";

export { list } from "./list";

export type Severity = "info" | "warning";

/** What every resource is given. Resources that need more (a Gmail client) ask for it by extending this. */
export interface Context {
  readonly now: () => Date;
  readonly log: (severity: Severity, message: string) => void;
  readonly claims: Claims;
}

/** What Check found: the computed inputs to keep, what is wrong, and what is worth a warning. */
export interface Checked {
  readonly computed?: Values;
  readonly failures?: readonly Failure[];
  readonly warnings?: readonly string[];
  readonly notices?: readonly string[];
}

export interface Kept<F extends Fields> {
  readonly id: string;
  readonly state: State<F>;
}

/** What Read found; `inputs` only where nothing was in state, that is on import. */
export interface Found<F extends Fields> extends Kept<F> {
  readonly inputs?: Inputs<F>;
}

/** What a delete is about to remove, in words that do not depend on ids: see {@link Claims}. */
export interface Claim {
  readonly user: string;
  readonly object: string;
  /** Google's id of this very copy, once there is one: where Google keeps duplicates, only the claimed copy is kept. */
  readonly copy?: string | undefined;
  /** What it is to be, where only one resource may say so. */
  readonly wanted?: string | undefined;
}

/** A resource as a value. `C` is what it needs from outside. */
export interface Resource<F extends Fields, C extends Context> {
  readonly token: string;
  readonly description: string;
  readonly fields: F;
  /** The origin this resource talks to; state remembers it (see {@link guardEndpoint}). */
  endpoint(context: C): string;
  /** The objects that these properties declare, as soon as they are known. */
  claims?(properties: Draft<F> | State<F>): readonly Claim[];
  /** Local checks only: a preview sends nothing. `olds` are the inputs of the last update, if any. */
  check(inputs: Draft<F>, olds: Draft<F>, context: C): Promise<Checked>;
  /** Names of properties that differ in a way that the rows cannot see. No request here. */
  diff?(state: State<F>, inputs: Draft<F>, context: C): readonly string[];
  /** What create (with an empty state) or update would leave, beside what the inputs say. No request here. */
  foresee(state: State<F>, inputs: Draft<F>, context: C): Promise<Foreseen<F>>;
  create(inputs: Inputs<F>, context: C): Promise<Kept<F>>;
  /** Undefined: it is gone. `state` is empty on import. */
  read(id: string, state: State<F>, context: C): Promise<Found<F> | undefined>;
  update(id: string, state: State<F>, inputs: Inputs<F>, context: C): Promise<State<F>>;
  delete(id: string, state: State<F>, context: C): Promise<void>;
  /** Absent where nobody can say what is there. */
  readonly list?: Listing<Fields, C>;
}

/**
 * What this run's program declares. Pulumi creates before it deletes: after `up --replace` or a rename the old
 * resource's delete names the very object that the new one adopted. Check feeds this set (in the up after a failed
 * delete no create comes), Diff and Read never do (refresh calls them for resources about to go), and `destroy` calls
 * no Check, so it deletes. Kept per provider process.
 */
export class Claims {
  readonly #claims = new Map<string, Claim[]>();
  readonly #checks = new Set<Promise<unknown>>();

  /** A Check under way, which may claim something at its end. */
  async during<T>(check: Promise<T>): Promise<T> {
    this.#checks.add(check);
    try {
      return await check;
    } finally {
      this.#checks.delete(check);
    }
  }

  /** When every Check that has begun has claimed what it does. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#checks);
  }

  add(claim: Claim): void {
    this.#claims.set(claim.object, [...(this.#claims.get(claim.object) ?? []), claim]);
  }

  /**
   * Whether a resource of this program declares it. Where Google keeps duplicates, a copy that none of them holds may go,
   * but only while it is known which copy each holds: better a key too many than one too few.
   */
  has(claim: Claim): boolean {
    const declared = this.#of(claim);
    const held = declared.flatMap(({ copy }) => copy ?? []);
    const allKnown = claim.copy !== undefined && held.length > 0 && held.length * 2 >= declared.length;
    return allKnown ? held.includes(claim.copy ?? "") : declared.length > 0;
  }

  /** Whether another resource of this program wants the same object otherwise. */
  contradicts({ wanted, ...claim }: Claim): boolean {
    return (
      wanted !== undefined && this.#of(claim).some((other) => other.wanted !== undefined && other.wanted !== wanted)
    );
  }

  /** `me` may be any user, so it matches every one. */
  #of({ user, object }: Claim): Claim[] {
    const same = (claim: Claim): boolean => claim.user === user || [user, claim.user].includes("me");
    return (this.#claims.get(object) ?? []).filter(same);
  }
}

export interface CheckResult {
  readonly inputs: Values;
  readonly failures: readonly Failure[];
}

export interface DiffResult {
  /** Names of properties that changed, in the order of the rows. */
  readonly changed: readonly string[];
  readonly replaces: readonly string[];
}

const isInput = (field: Field): boolean => field.input !== undefined;
const isOutput = (field: Field): boolean => field.output === true;
const isCompared = (field: Field): boolean => isInput(field) && isOutput(field) && !field.ownDiff;

export function check<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  olds: Values,
  news: Values,
  context: C,
): Promise<CheckResult> {
  return context.claims.during(checkAndClaim(resource, olds, news, context));
}

async function checkAndClaim<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  olds: Values,
  news: Values,
  context: C,
): Promise<CheckResult> {
  const { fields } = resource;
  const echoed = echoes(fields, olds, news);
  const misshapen = shapeFailures(fields, news).filter(({ field }) => !(field in echoed));
  const broken = new Set(misshapen.map((failure) => failure.field));
  const inputs = { ...pick(fields, news, isWritable), ...echoed };
  // a misshapen value is as good as unknown, so that nothing is said twice about it
  const sound = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, broken.has(name) ? UNKNOWN : value]),
  );
  const found = await resource.check(sound as Draft<F>, pickSound(fields, olds, isInput) as Draft<F>, context);
  for (const notice of found.notices ?? []) context.log("info", notice);
  for (const warning of found.warnings ?? []) context.log("warning", warning);
  const checked = { ...inputs, ...found.computed, ...echoed };
  const failures = [...misshapen, ...(found.failures ?? [])];
  const claims = failures.length === 0 ? (resource.claims?.(checked as Draft<F>) ?? []) : [];
  for (const claim of claims) {
    if (context.claims.contradicts(claim)) {
      const reason = `Another ${resource.token} of this program wants something else for ${claim.object}. Declare one only.`;
      failures.push({ field: "", reason });
    } else context.claims.add(claim);
  }
  const shown = failures.map(({ field, reason }) => hideValue(fields, { field, reason: printable(reason) }));
  return { inputs: checked, failures: shown };
}

/**
 * After an import, and for the resource option ignoreChanges, the engine hands back what Check itself had computed. Nobody
 * wrote that, and it stays, whatever Check would compute now.
 */
function echoes(fields: Fields, olds: Values, news: Values): Values {
  const handedIn = Object.entries(pick(fields, news, (field) => field.input === "checked"));
  return Object.fromEntries(handedIn.filter(([name, value]) => sameValue(olds[name], value)));
}

export function diff<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  state: Values,
  news: Values,
  context: C,
): DiffResult {
  guardEndpoint(resource, state, context);
  const kept = pickSound(resource.fields, state, isOutput) as State<F>;
  const extra = resource.diff?.(kept, news as Draft<F>, context) ?? [];
  const differs = ([name, field]: [string, Field]): boolean =>
    extra.includes(name) || (isCompared(field) && !sameValue(state[name], news[name]));
  const changed = Object.entries(resource.fields).filter(differs);
  return {
    changed: changed.map(([name]) => name),
    replaces: changed.filter(([, field]) => field.replaces).map(([name]) => name),
  };
}

function sameValue(old: unknown, wanted: unknown): boolean {
  if (wanted === UNKNOWN) return false;
  return JSON.stringify(old ?? null) === JSON.stringify(wanted ?? null);
}

/** Every output: its value, UNKNOWN, or nothing where it will be absent. What is an input too will be as the input is. */
export async function foresee<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  state: Values,
  inputs: Values,
  context: C,
): Promise<Values> {
  const { fields } = resource;
  const kept = pickSound(fields, state, isOutput) as State<F>;
  const foreseen: Values = await resource.foresee(kept, pick(fields, inputs, isInput) as Draft<F>, context);
  const value = ([name, field]: [string, Field]): unknown => {
    if (isCompared(field)) return inputs[name];
    if (name in foreseen) return foreseen[name];
    return name === "endpoint" ? resource.endpoint(context) : UNKNOWN;
  };
  const outputs = Object.entries(fields).filter(([, field]) => isOutput(field));
  return Object.fromEntries(outputs.map((row) => [row[0], value(row)]));
}

export async function create<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  inputs: Values,
  context: C,
): Promise<Kept<F>> {
  const kept = await resource.create(pick(resource.fields, inputs, isInput) as Inputs<F>, context);
  for (const claim of resource.claims?.(kept.state) ?? []) context.claims.add(claim);
  return kept;
}

export async function read<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  id: string,
  state: Values,
  context: C,
): Promise<Found<F> | undefined> {
  guardEndpoint(resource, state, context);
  return resource.read(id, pickSound(resource.fields, state, isOutput) as State<F>, context);
}

export async function update<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  id: string,
  state: Values,
  inputs: Values,
  context: C,
): Promise<State<F>> {
  guardEndpoint(resource, state, context);
  const { fields } = resource;
  const kept = pickSound(fields, state, isOutput) as State<F>;
  return resource.update(id, kept, pick(fields, inputs, isInput) as Inputs<F>, context);
}

async function remove<F extends Fields, C extends Context>(
  resource: Resource<F, C>,
  id: string,
  state: Values,
  context: C,
): Promise<void> {
  const kept = pickSound(resource.fields, state, isOutput) as State<F>;
  const held = resource.claims?.(kept) ?? [];
  if (held.length > 0 && held.every((claim) => context.claims.has(claim))) {
    context.log("info", `${id}: not deleted, because this program still declares the same one.`);
    return;
  }
  guardEndpoint(resource, state, context);
  await resource.delete(id, kept, context);
}
export { remove as delete };

/** What lives at one endpoint must not be called "gone" by another: an emulator, say, knows nothing of Gmail's keys. */
function guardEndpoint<F extends Fields, C extends Context>(resource: Resource<F, C>, state: Values, context: C): void {
  const here = resource.endpoint(context);
  const { endpoint } = state;
  if (typeof endpoint !== "string" || endpoint === here) return;
  throw new MailKeyError(
    `This ${resource.token} was made through ${endpoint}, but this run talks to ${here}. Nothing was read or changed. Set ` +
      `google-workspace-mail:endpoint (or GOOGLE_WORKSPACE_MAIL_ENDPOINT) back, or use another stack for ${here}.`,
  );
}
