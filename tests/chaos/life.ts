/** One seed's life from the first upload by hand to the clean up, and what came of it. */
import type { Emulator } from "../emulator";
import { ADMIN, NOW, PASSWORD, type World } from "../world";
import { leaksIn, missing, withKeysForGone } from "./invariants";
import type { KeyRing } from "./keyRing";
import { Ledger } from "./ledger";
import { EMPTY, type Model, type Place } from "./model";
import { countdown, watchRequests } from "./requests";
import type { ByHand, Scenario, Step } from "./scenario";
import { MARK } from "./weather";

/** What one operation came to. */
export interface Played {
  /** It came through whole. */
  readonly clean: boolean;
  readonly killed: boolean;
  /** What it would do or did, where that is not "same". */
  readonly changes: readonly string[];
  /** All that it printed, said and wrote, for the search for secrets. */
  readonly texts: readonly string[];
}

/** Runs operations: the story, or the real engine. */
export interface Player {
  play(step: Step): Promise<Played>;
  /** What a person runs once everything works again: `pulumi up --refresh`. */
  cleanUp(model: Model): Promise<Played>;
  preview(model: Model): Promise<Played>;
  dispose(): void;
}

export interface Verdict {
  faults: number;
  kills: number;
  readonly duplicates: readonly string[];
  readonly losses: readonly string[];
  readonly leaks: readonly string[];
  readonly broken: readonly string[];
  /** What happened, in order, for whoever looks into a failure. */
  readonly journal: readonly string[];
}

const BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
const tokenOf = (user: string): string => `token-of-${user}`;
/** A person's next run comes minutes later: quotas are full again. */
const BETWEEN_RUNS = 10 * 60_000;

export function seedOf({ places, knobs }: Scenario): Parameters<Emulator["seed"]>[0] {
  const users = [...new Set(places.map(({ user }) => user))];
  const addresses = (user: string): string[] =>
    places.filter((place) => place.user === user).map(({ address }) => address);
  return {
    now: NOW,
    domains: [{ name: "example.com", admins: [ADMIN] }],
    users: [{ email: ADMIN }, ...users.map((email) => ({ email, sendAs: addresses(email) }))],
    accessTokens: users.map((user) => ({ token: tokenOf(user), user, scopes: [BASIC] })),
    knobs,
  };
}

export class Life {
  readonly #ledger: Ledger;
  readonly #journal: string[] = [];
  readonly #leaks: string[] = [];
  #faults = 0;
  #kills = 0;
  /** What the state may hold: the last program that came through, and each that was tried since. */
  #possible: readonly Model[] = [];
  #onRequest: (request: { method: string; path: string }) => void = () => undefined;

  constructor(
    private readonly scenario: Scenario,
    private readonly world: World,
    private readonly keys: KeyRing,
    private readonly player: Player,
  ) {
    this.#ledger = new Ledger(world.emulator, scenario.places, keys);
  }

  /** The emulator has been seeded. */
  async run(): Promise<Verdict> {
    const unwatch = watchRequests(this.world.emulator, (stage, { header, ...request }) => {
      this.#ledger.observe();
      if (stage === "start") this.#onRequest(request);
      else if (header?.(MARK) !== undefined) this.#faults += 1;
    });
    try {
      for (const edit of this.scenario.first) await this.#byHand(edit);
      for (const step of this.scenario.steps) await this.#step(step);
      const last = this.scenario.steps.at(-1);
      if (last) await this.#end(last.model);
    } finally {
      unwatch();
    }
    return this.verdict();
  }

  /** So far; `defect` is what else is wrong. */
  verdict(...defect: string[]): Verdict {
    const { duplicates, losses, broken } = this.#ledger;
    const counts = { faults: this.#faults, kills: this.#kills };
    const found = { duplicates, losses, leaks: this.#leaks, broken: [...broken, ...defect] };
    return { ...counts, ...found, journal: this.#journal };
  }

  async #step(step: Step): Promise<void> {
    const { model, verb, during, faults } = step;
    for (const edit of step.before) await this.#byHand(edit);
    await this.#minutesLater();
    const isUp = verb === "up" || verb === "replace";
    if (isUp) this.#possible = [...this.#possible, model];
    await this.#ledger.begin({ verb, model, possible: this.#possible });
    const isNow = during && countdown(during);
    this.#onRequest = (request) => {
      if (during && isNow?.(request)) this.#atOnce(during.edit);
    };
    this.world.emulator.fault(...faults);
    const played = await this.player.play(step);
    this.#onRequest = () => undefined;
    this.world.emulator.clearFaults();
    this.#after(`${verb}${played.killed ? ", killed" : ""}`, played);
    if (played.killed) this.#kills += 1;
    if (played.clean && isUp) this.#possible = [model];
    if (played.clean && verb === "destroy") {
      this.#possible = [];
      this.#ledger.broken.push(...this.#ledger.forgotten(EMPTY));
    }
  }

  /** Whatever happened: one clean up, and everything declared is there, and the next preview has nothing to do. */
  async #end(wanted: Model): Promise<void> {
    await this.#minutesLater();
    const model = await withKeysForGone(wanted, this.#ledger, this.keys);
    await this.#ledger.begin({ verb: "up", model, possible: [...this.#possible, model] });
    const cleaned = await this.player.cleanUp(model);
    this.#after("clean up", cleaned);
    if (!cleaned.clean) this.#ledger.broken.push("the clean up failed");
    this.#ledger.losses.push(...(await missing(model, this.#ledger, this.keys)));
    this.#ledger.losses.push(...(await this.#auditLoss(model)));
    this.#ledger.broken.push(...this.#ledger.forgotten(model));
    await this.#minutesLater();
    await this.#ledger.begin({ verb: "preview", model, possible: [model] });
    const previewed = await this.player.preview(model);
    this.#after("preview", previewed);
    if (!previewed.clean || previewed.changes.length > 0)
      this.#ledger.broken.push(`not settled after the clean up: ${previewed.changes.join(", ")}`);
  }

  #after(what: string, { clean, killed, changes, texts }: Played): void {
    this.#ledger.end(clean && !killed, texts);
    const { emulator } = this.world;
    // Dropped connections have no answer to be marked; where a process was killed, its own look the same.
    if (!killed) this.#faults += emulator.requests().filter(({ status }) => status === 0).length;
    const asked = emulator.requests().map(({ method, path, status }) => `${method} ${path} ${String(status)}`);
    emulator.clearRequests();
    this.#journal.push(
      `${what}: ${clean ? "clean" : "not clean"} ${changes.join(", ")}`,
      ...this.#ledger.journal.splice(0).map((line) => `  ${line}`),
      ...asked.map((line) => `  ${line}`),
    );
    this.#leaks.push(...leaksIn(texts, this.keys.traces).map((leak) => `${leak} in ${what}`));
    const isDefect = texts.some((text) => /This is a defect of the provider/.test(text));
    if (isDefect) this.#ledger.broken.push(`an unexpected error in ${what}`);
  }

  /**
   * The domain has the declared audit key. Nobody can read it back: where another one was tried since the last up that came
   * through, and given up again, the state cannot tell which one Google has (README, "Limits").
   */
  async #auditLoss({ audit }: Model): Promise<string[]> {
    const isUnsure = this.#possible.some((model) => model.audit !== undefined && model.audit !== audit);
    if (audit === undefined || isUnsure) return [];
    const bare = (armored: string | undefined): string => (armored ?? "").replace(/\s+/g, "");
    const there = Object.values(this.world.emulator.state().audit).map(({ publicKey }) => bare(publicKey));
    return there.includes(bare(await this.keys.audit(audit))) ? [] : ["the audit key is declared and not there"];
  }

  async #byHand(edit: ByHand): Promise<void> {
    this.#journal.push(`by hand: ${JSON.stringify(edit)}`);
    if (edit.kind !== "upload") {
      this.#atOnce(edit);
      return;
    }
    const { place, key, signs } = edit;
    const { pkcs12 } = await this.keys.of(place, key);
    const { emulator } = this.world;
    const upload = async (): Promise<void> => {
      const file = { user: place.user, sendAs: place.address, pkcs12, password: PASSWORD };
      const added = await emulator.addCertificate(file).catch(() => undefined); // refused where it is there already
      if (added && signs) emulator.setDefault(place.user, place.address, added.id);
    };
    await this.#ledger.byHandSoon(place, upload);
    await this.#minutesLater();
  }

  /** Of what is there, which one is decided by the edit's number. */
  #atOnce(edit: ByHand): void {
    const { place } = edit;
    const there = this.#ledger.certificates(place);
    if (edit.kind === "upload" || there.length === 0) return;
    const { id = "" } = there[edit.pick % there.length] ?? {};
    this.#ledger.byHand(place, () => {
      if (edit.kind === "delete") this.world.emulator.deleteCertificate(place.user, place.address, id);
      else this.world.emulator.setDefault(place.user, place.address, id);
    });
  }

  /** The emulator counts the lag of its lists in replies, Google's is seconds: a person's next run finds them up to date. */
  async #minutesLater(): Promise<void> {
    const { emulator } = this.world;
    const pass = (): void => emulator.setClock(new Date(emulator.now().getTime() + BETWEEN_RUNS).toISOString());
    pass();
    for (const place of this.scenario.places)
      for (let lists = 0; lists < (this.scenario.knobs.listLag ?? 0); lists += 1) await this.#list(place);
    pass();
    emulator.clearRequests();
  }

  async #list({ user, address }: Place): Promise<void> {
    const url = `${this.world.emulator.url}/gmail/v1/users/me/settings/sendAs/${address}/smimeInfo`;
    await (await fetch(url, { headers: { authorization: `Bearer ${tokenOf(user)}` } })).text();
  }
}
