/**
 * Plays the engine's order of calls (check, diff, create, read, update, delete) on a provider, with state between
 * operations, so that a spec is a program and what should come of it. Every operation opens the provider anew, as the
 * engine starts a new process. Time is virtual: a wait costs nothing and is counted.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { SettingName } from "../provider/settings";
import type { Token } from "../provider/resources";
import {
  InitFailed,
  openSession,
  type Adapter,
  type Held,
  type Problem,
  type Properties,
  type Session,
} from "./sessions";

export type { Problem } from "./sessions";

/** How the protocol writes a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** With the hash of the file as it is now; where it cannot be read, the engine itself would refuse it. */
export const fileAsset = (path: string): object => ({ ...SIGNATURE, hash: hashOf(path), path });
export const textAsset = (text: string): object => ({ ...SIGNATURE, hash: text.length.toString(), text });
function hashOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isFile()
    ? createHash("sha256").update(readFileSync(path)).digest("hex")
    : "";
}
const SIGNATURE = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };

/** An output of another resource of the program. */
export const output = (name: string, property: string): Reference => ({ reference: name, property });
interface Reference {
  readonly reference: string;
  readonly property: string;
}

export interface Declared {
  readonly token: Token;
  readonly args: Readonly<Record<string, unknown>>;
  /** Names of resources of the program that it waits for, as with dependsOn. */
  readonly after?: readonly string[];
}
export type Program = Readonly<Record<string, Declared>>;

interface Kept extends Held {
  readonly token: Token;
  /** Partly made: it is updated next time, whatever Diff says. A refresh clears that. */
  readonly initFailed?: true;
  /** The resources that its arguments refer to: they outlive it. */
  readonly dependencies: readonly string[];
}

export type Operation = "create" | "update" | "replace" | "delete" | "same";
export interface Outcome {
  readonly steps: Readonly<Record<string, Operation>>;
  readonly failures: Readonly<Record<string, readonly Problem[]>>;
  readonly errors: Readonly<Record<string, string>>;
  /** What the provider said. */
  readonly messages: readonly string[];
}

export interface Settings {
  readonly adapter: Adapter;
  readonly config: Partial<Record<SettingName, string>>;
  readonly environment?: Record<string, string>;
  readonly now?: () => Date;
  readonly fetch?: typeof fetch;
  /** Told of every wait by so much as it moves the virtual time on: waits side by side count once. */
  readonly onWait?: (milliseconds: number) => void;
}

export class Story {
  /** What is written down: the state. */
  kept = new Map<string, Kept>();
  /** Milliseconds spent in waits. */
  waited = 0;
  #messages: string[] = [];
  #end: () => void = () => undefined;

  constructor(readonly settings: Settings) {}

  /** What `pulumi up` would do. Asks the provider only what a preview asks. */
  preview(program: Program): Promise<Outcome> {
    return this.#run(program, { dryRun: true });
  }

  up(program: Program, options: { replace?: readonly string[] } = {}): Promise<Outcome> {
    return this.#run(program, { dryRun: false, ...options });
  }

  refresh(): Promise<Outcome> {
    return this.#operate(async (session, run) => {
      for (const [name, kept] of [...this.kept]) {
        await run.attempt(name, async () => {
          const found = await session.read(kept.token, kept);
          const { initFailed: _cleared, ...before } = kept;
          if (found) run.kept.set(name, { ...before, ...found });
          else run.kept.delete(name);
          run.steps[name] = found ? "same" : "delete";
        });
      }
    });
  }

  destroy(): Promise<Outcome> {
    return this.#operate((session, run) => this.#deleteAll([...this.kept.keys()], session, run));
  }

  /** Reads what is in no state, as `SmimeCertificate.get` and import do; undefined where it is not there. */
  async get(token: Token, id: string): Promise<Properties | undefined> {
    return (await this.#read(token, id))?.state;
  }

  /** As `pulumi import` does: what is read becomes part of the state, unless it is not there. */
  async import(name: string, token: Token, id: string): Promise<boolean> {
    const found = await this.#read(token, id);
    if (found) this.kept.set(name, { ...found, token, dependencies: [] });
    return found !== undefined;
  }

  async #read(token: Token, id: string): Promise<Held | undefined> {
    const session = await this.#open();
    try {
      return await session.read(token, { id, inputs: {}, state: {} });
    } finally {
      session.close();
    }
  }

  outputs(name: string): Properties {
    const kept = this.kept.get(name);
    if (!kept) throw new Error(`${name} is not in the state`);
    return { ...kept.state, id: kept.id };
  }

  /** The process ends in the middle of an operation: what was written down stays, and nothing more will be. */
  kill(): void {
    this.#end();
  }

  /** As after a kill between Google's answer and the write of the state. */
  forget(name: string): void {
    this.kept.delete(name);
  }

  #run(program: Program, options: { dryRun: boolean; replace?: readonly string[] }): Promise<Outcome> {
    return this.#operate(async (session, run) => {
      const done = new Map<string, Promise<Properties | undefined>>();
      for (const [name, declared] of Object.entries(program)) {
        const step = new Step({ name, declared, session, run, done, ...options });
        done.set(name, step.perform());
      }
      await Promise.all(done.values());
      const gone = [...this.kept.keys()].filter((name) => !(name in program));
      if (options.dryRun) for (const name of gone) run.steps[name] = "delete";
      else if (run.isClean()) await this.#deleteAll(gone, session, run);
    });
  }

  async #operate(work: (session: Session, run: Run) => Promise<void>): Promise<Outcome> {
    const session = await this.#open();
    const run = new Run(this.#messages, this.kept);
    const killed = new Promise<void>((resolve) => {
      this.#end = () => {
        this.kept = new Map(this.kept); // what still runs writes into the one before
        run.errors["the process"] = "was killed";
        resolve();
      };
    });
    try {
      await Promise.race([work(session, run), killed]);
    } finally {
      session.close();
    }
    return run.outcome();
  }

  /** Dependents first; what could not be deleted keeps what it depends on, while the others go on. */
  async #deleteAll(names: readonly string[], session: Session, run: Run): Promise<void> {
    const left = new Map([...run.kept].filter(([name]) => names.includes(name)).reverse());
    while (left.size > 0) {
      const needed = new Set([...left.values()].flatMap(({ dependencies }) => dependencies));
      const next = [...left].find(([name]) => !(name in run.errors) && !needed.has(declaredName(name)));
      if (!next) return; // the rest is what failed, and what that depends on
      const [name, kept] = next;
      await run.attempt(name, async () => {
        run.steps[name] = "delete";
        await session.delete(kept.token, kept);
        run.kept.delete(name);
        left.delete(name);
      });
    }
  }

  #open(): Promise<Session> {
    let time = 0;
    this.#messages = [];
    const messages = this.#messages;
    const { adapter, config, environment = {}, now = () => new Date(), fetch = globalThis.fetch } = this.settings;
    return openSession[adapter]({
      config,
      environment,
      now,
      fetch,
      elapsed: () => time,
      sleep: async (milliseconds) => {
        const end = time + milliseconds;
        this.waited += milliseconds;
        await new Promise((resolve) => setImmediate(resolve));
        if (end <= time) return;
        this.settings.onWait?.(end - time);
        time = end;
      },
      log: (severity, message) => messages.push(severity === "info" ? message : `${severity}: ${message}`),
    });
  }
}

/** Collects what one operation did. */
class Run {
  readonly steps: Record<string, Operation> = {};
  readonly failures: Record<string, readonly Problem[]> = {};
  readonly errors: Record<string, string> = {};

  constructor(
    private readonly messages: readonly string[],
    /** The state to write to. */
    readonly kept: Map<string, Kept>,
  ) {}

  async attempt(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.errors[name] = error instanceof Error ? error.message : "not an error";
    }
  }

  isClean(): boolean {
    return Object.keys(this.failures).length === 0 && Object.keys(this.errors).length === 0;
  }

  outcome(): Outcome {
    const { steps, failures, errors, messages } = this;
    return { steps, failures, errors, messages };
  }
}

interface StepOptions {
  readonly name: string;
  readonly declared: Declared;
  readonly session: Session;
  readonly run: Run;
  readonly done: Map<string, Promise<Properties | undefined>>;
  readonly dryRun: boolean;
  readonly replace?: readonly string[];
}

/** One resource of the program, from Check to its new state; its outputs are undefined where it failed. */
class Step {
  constructor(private readonly options: StepOptions) {}

  async perform(): Promise<Properties | undefined> {
    const { name, run } = this.options;
    let outputs: Properties | undefined;
    await run.attempt(name, async () => {
      const news = await this.#resolve();
      outputs = news && (await this.#plan(news));
    });
    return outputs;
  }

  /** The arguments with references replaced by outputs; undefined where a resource referred to has failed. */
  async #resolve(): Promise<Properties | undefined> {
    const { args } = this.options.declared;
    const failed = dependenciesOf(this.options.declared).map(
      async (name) => (await this.options.done.get(name)) === undefined,
    );
    if ((await Promise.all(failed)).includes(true)) return undefined;
    return (await this.#known(args)) as Properties;
  }

  async #known(value: unknown): Promise<unknown> {
    if (isReference(value)) return (await this.options.done.get(value.reference))?.[value.property] ?? UNKNOWN;
    if (Array.isArray(value)) return Promise.all(value.map((each) => this.#known(each)));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(async ([name, each]) => [name, await this.#known(each)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  async #plan(news: Properties): Promise<Properties | undefined> {
    const { name, declared, session, run, replace = [] } = this.options;
    const { token } = declared;
    const old = run.kept.get(name);
    const checked = await session.check(token, old?.inputs ?? {}, news);
    if (checked.failures.length > 0) {
      run.failures[name] = checked.failures;
      return undefined;
    }
    if (!old) return this.#create("create", checked.inputs);
    const forced = replace.includes(name);
    const { changes, replaces } = forced
      ? { changes: true, replaces: ["id"] }
      : await session.diff(token, old, checked.inputs);
    if (replaces.length > 0) return this.#create("replace", (await session.check(token, {}, news)).inputs, old);
    return this.#update(changes || old.initFailed === true, checked.inputs, old);
  }

  async #update(changes: boolean, inputs: Properties, old: Kept): Promise<Properties> {
    const { name, declared, session, run, dryRun } = this.options;
    run.steps[name] = changes ? "update" : "same";
    const { id, state: before } = old;
    const keep = (state: Properties, partly?: { initFailed: true }): void => {
      if (!dryRun) run.kept.set(name, { ...this.#reference(), id, inputs, state, ...partly });
    };
    const state = changes
      ? await this.#keepingParts(keep, () => session.update(declared.token, old, inputs, dryRun))
      : before;
    keep(state);
    return { ...state, id };
  }

  async #create(operation: "create" | "replace", inputs: Properties, old?: Kept): Promise<Properties> {
    const { name, declared, session, run, dryRun } = this.options;
    run.steps[name] = operation;
    const keep = ({ id, state }: Omit<Held, "inputs">, partly?: { initFailed: true }): void => {
      if (old) run.kept.set(oldName(name, run.kept), old); // stays in the state until its delete has succeeded
      run.kept.set(name, { ...this.#reference(), id, inputs, state, ...partly });
    };
    const create = (): Promise<Omit<Held, "inputs">> => session.create(declared.token, inputs, dryRun);
    const made = await this.#keepingParts((state, partly, id) => keep({ id, state }, partly), create);
    if (dryRun) return made.state;
    keep(made);
    return { ...made.state, id: made.id };
  }

  async #keepingParts<T>(
    keep: (state: Properties, partly: { initFailed: true }, id: string) => void,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof InitFailed) keep(error.made.state, { initFailed: true }, error.made.id);
      throw error;
    }
  }

  #reference(): Pick<Kept, "token" | "dependencies"> {
    const { declared } = this.options;
    return { token: declared.token, dependencies: dependenciesOf(declared) };
  }
}

/** What waits to be deleted has the name of what came in its place, as with Pulumi, and this mark. */
const OLD = " (old)";
const declaredName = (name: string): string => name.replaceAll(OLD, "");

/** Several may wait for their delete, as after a rotation that failed and another. */
function oldName(name: string, kept: ReadonlyMap<string, Kept>): string {
  let free = `${name}${OLD}`;
  while (kept.has(free)) free += OLD;
  return free;
}

const dependenciesOf = ({ args, after = [] }: Declared): string[] => [
  ...referencesIn(args).map(({ reference }) => reference),
  ...after,
];

function referencesIn(value: unknown): Reference[] {
  if (isReference(value)) return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}

const isReference = (value: unknown): value is Reference =>
  typeof value === "object" && value !== null && "reference" in value;
