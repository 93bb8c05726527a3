/**
 * Plays the engine's order of calls (check, diff, create, read, update, delete) on a provider, with state between
 * operations, so that a spec is a program and what should come of it. Every operation opens the provider anew, as the
 * engine starts a new process. Time is virtual: a wait costs nothing and is counted.
 */
import { DynamicProvider, DynamicRuntime } from "../provider/adapters/dynamic";
import type { SettingName } from "../provider/config";
import type { Token } from "../provider/resources";

/** How the protocol writes a value that is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const fileAsset = (path: string): object => ({ ...SIGNATURE, hash: path, path });
export const textAsset = (text: string): object => ({ ...SIGNATURE, hash: text.length.toString(), text });
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
}
export type Program = Readonly<Record<string, Declared>>;

type Properties = Record<string, unknown>;
interface Kept {
  readonly token: Token;
  readonly id: string;
  readonly inputs: Properties;
  readonly state: Properties;
  /** The resources that its arguments refer to: they outlive it. */
  readonly dependencies: readonly string[];
}

/** The verbs of one provider process, in the engine's own notation. */
export interface Session {
  check(token: Token, olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: Problem[] }>;
  diff(
    token: Token,
    id: string,
    state: Properties,
    news: Properties,
  ): Promise<{ changes: boolean; replaces: string[] }>;
  create(token: Token, inputs: Properties): Promise<{ id: string; state: Properties }>;
  read(token: Token, id: string, state: Properties): Promise<{ id: string; state: Properties } | undefined>;
  update(token: Token, id: string, state: Properties, news: Properties): Promise<Properties>;
  delete(token: Token, id: string, state: Properties): Promise<void>;
}
export interface Problem {
  readonly property: string;
  readonly reason: string;
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
  readonly config: Partial<Record<SettingName, string>>;
  readonly environment?: Record<string, string>;
  readonly now?: () => Date;
  readonly fetch?: typeof fetch;
  /** Told of every wait by so much as it moves the virtual time on: waits side by side count once. */
  readonly onWait?: (milliseconds: number) => void;
}

export class Story {
  readonly kept = new Map<string, Kept>();
  /** Milliseconds spent in waits. */
  waited = 0;
  #messages: string[] = [];

  constructor(readonly settings: Settings) {}

  /** What `pulumi up` would do. Asks the provider only what a preview asks. */
  preview(program: Program): Promise<Outcome> {
    return this.#run(program, { dryRun: true });
  }

  up(program: Program, options: { replace?: readonly string[] } = {}): Promise<Outcome> {
    return this.#run(program, { dryRun: false, ...options });
  }

  async refresh(): Promise<Outcome> {
    const session = this.#open();
    const run = new Run(this.#messages);
    for (const [name, kept] of [...this.kept]) {
      await run.attempt(name, async () => {
        const found = await session.read(kept.token, kept.id, kept.state);
        if (found) this.kept.set(name, { ...kept, id: found.id, state: found.state });
        else this.kept.delete(name);
        run.steps[name] = found ? "same" : "delete";
      });
    }
    return run.outcome();
  }

  async destroy(): Promise<Outcome> {
    const session = this.#open();
    const run = new Run(this.#messages);
    await this.#deleteAll([...this.kept.keys()], session, run);
    return run.outcome();
  }

  /** Reads what is in no state, as `SmimeCertificate.get` and import do; undefined where it is not there. */
  async get(token: Token, id: string): Promise<Properties | undefined> {
    return (await this.#open().read(token, id, {}))?.state;
  }

  outputs(name: string): Properties {
    const kept = this.kept.get(name);
    if (!kept) throw new Error(`${name} is not in the state`);
    return { ...kept.state, id: kept.id };
  }

  /** As after a kill between Google's answer and the write of the state. */
  forget(name: string): void {
    this.kept.delete(name);
  }

  async #run(program: Program, options: { dryRun: boolean; replace?: readonly string[] }): Promise<Outcome> {
    const session = this.#open();
    const run = new Run(this.#messages);
    const done = new Map<string, Promise<Properties | undefined>>();
    for (const [name, declared] of Object.entries(program)) {
      const step = new Step(this, { name, declared, session, run, done, ...options });
      done.set(name, step.perform());
    }
    await Promise.all(done.values());
    const gone = [...this.kept.keys()].filter((name) => !(name in program));
    if (options.dryRun) for (const name of gone) run.steps[name] = "delete";
    else if (run.isClean()) await this.#deleteAll(gone, session, run);
    return run.outcome();
  }

  /** Dependents first; what could not be deleted keeps what it depends on, while the others go on. */
  async #deleteAll(names: readonly string[], session: Session, run: Run): Promise<void> {
    const left = new Map([...this.kept].filter(([name]) => names.includes(name)).reverse());
    while (left.size > 0) {
      const needed = new Set([...left.values()].flatMap(({ dependencies }) => dependencies));
      const next = [...left].find(([name]) => !(name in run.errors) && !needed.has(declaredName(name)));
      if (!next) return; // the rest is what failed, and what that depends on
      const [name, kept] = next;
      await run.attempt(name, async () => {
        run.steps[name] = "delete";
        await session.delete(kept.token, kept.id, kept.state);
        this.kept.delete(name);
        left.delete(name);
      });
    }
  }

  #open(): Session {
    let time = 0;
    this.#messages = [];
    const messages = this.#messages;
    return dynamicSession(this.settings, {
      elapsed: () => time,
      sleep: async (milliseconds) => {
        const end = time + milliseconds;
        this.waited += milliseconds;
        await new Promise((resolve) => setImmediate(resolve));
        if (end <= time) return;
        this.settings.onWait?.(end - time);
        time = end;
      },
      log: (severity, message) => messages.push(severity === "warning" ? `warning: ${message}` : message),
    });
  }
}

interface Time {
  readonly elapsed: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (severity: string, message: string) => void;
}

function dynamicSession(
  { config, environment = {}, now = () => new Date(), fetch = globalThis.fetch }: Settings,
  time: Time,
): Session {
  const runtime = new DynamicRuntime({ environment, now, random: () => 0.5, fetch, ...time });
  const providers = new Map<Token, DynamicProvider>();
  const provider = (token: Token): DynamicProvider => {
    const known = providers.get(token) ?? new DynamicProvider(token, runtime);
    if (!providers.has(token)) {
      const get = (key: string): string | undefined => config[key.replace("google-workspace-mail:", "") as SettingName];
      void known.configure({ config: { get, require: get } as never });
    }
    providers.set(token, known);
    return known;
  };
  return {
    check: async (token, olds, news) => {
      const checked = await provider(token).check(olds, news);
      return { inputs: (checked.inputs ?? news) as Properties, failures: checked.failures ?? [] };
    },
    diff: async (token, id, state, news) => {
      const { changes = false, replaces = [] } = await provider(token).diff(id, state, news);
      return { changes, replaces };
    },
    create: async (token, inputs) => {
      const created = await provider(token).create(inputs);
      return { id: created.id, state: created.outs as Properties };
    },
    read: async (token, id, state) => {
      const found = await provider(token).read(id, state);
      return found.id ? { id: found.id, state: found.props as Properties } : undefined;
    },
    update: async (token, id, state, news) => (await provider(token).update(id, state, news)).outs as Properties,
    delete: (token, id, state) => provider(token).delete(id, state),
  };
}

/** Collects what one operation did. */
class Run {
  readonly steps: Record<string, Operation> = {};
  readonly failures: Record<string, readonly Problem[]> = {};
  readonly errors: Record<string, string> = {};

  constructor(private readonly messages: readonly string[]) {}

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
  constructor(
    private readonly story: Story,
    private readonly options: StepOptions,
  ) {}

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
    const news: Properties = {};
    for (const [property, value] of Object.entries(this.options.declared.args)) {
      if (!isReference(value)) news[property] = value;
      else {
        const outputs = await this.options.done.get(value.reference);
        if (!outputs) return undefined;
        news[property] = outputs[value.property] ?? UNKNOWN;
      }
    }
    return news;
  }

  async #plan(news: Properties): Promise<Properties | undefined> {
    const { name, declared, session, run, replace = [] } = this.options;
    const { token } = declared;
    const old = this.story.kept.get(name);
    const checked = await session.check(token, old?.inputs ?? {}, news);
    if (checked.failures.length > 0) {
      run.failures[name] = checked.failures;
      return undefined;
    }
    if (!old) return this.#create("create", checked.inputs);
    const forced = replace.includes(name);
    const { changes, replaces } = forced
      ? { changes: true, replaces: ["id"] }
      : await session.diff(token, old.id, old.state, checked.inputs);
    if (replaces.length > 0) return this.#create("replace", (await session.check(token, {}, news)).inputs, old);
    run.steps[name] = changes ? "update" : "same";
    if (this.options.dryRun) return changes ? { id: old.id } : { ...old.state, id: old.id };
    const state = changes ? await session.update(token, old.id, old.state, checked.inputs) : old.state;
    this.story.kept.set(name, { ...this.#reference(), id: old.id, inputs: checked.inputs, state });
    return { ...state, id: old.id };
  }

  async #create(operation: "create" | "replace", inputs: Properties, old?: Kept): Promise<Properties> {
    const { name, declared, session, run, dryRun } = this.options;
    run.steps[name] = operation;
    if (dryRun) return {};
    const { id, state } = await session.create(declared.token, inputs);
    if (old) this.story.kept.set(`${name}${OLD}`, old); // stays in the state until its delete has succeeded
    this.story.kept.set(name, { ...this.#reference(), id, inputs, state });
    return { ...state, id };
  }

  #reference(): Pick<Kept, "token" | "dependencies"> {
    const { token, args } = this.options.declared;
    const references = Object.values(args).flatMap((value) => (isReference(value) ? [value.reference] : []));
    return { token, dependencies: references };
  }
}

/** What waits to be deleted has the name of what came in its place, as with Pulumi, and this mark. */
const OLD = " (old)";
const declaredName = (name: string): string => (name.endsWith(OLD) ? name.slice(0, -OLD.length) : name);

const isReference = (value: unknown): value is Reference =>
  typeof value === "object" && value !== null && "reference" in value;
