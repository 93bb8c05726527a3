/** From a seed to all that will happen: who there is, what is declared, what is run, what goes wrong. */
import type { Fault, Knobs } from "../emulator";
import type { Adapter } from "../sessions";
import { Editor } from "./edits";
import { FLEET_NAME, singlesOf } from "./fleet";
import { namesOf, type Model, type Place } from "./model";
import { Random } from "./random";
import { randomFault, randomKnobs, type Setting } from "./weather";

export type Verb = "preview" | "up" | "replace" | "refresh" | "destroy";

/** What an administrator does by hand; `pick` says which of what is there then. */
export type ByHand =
  | { readonly kind: "delete" | "moveDefault"; readonly place: Place; readonly pick: number }
  | { readonly kind: "upload"; readonly place: Place; readonly key: number; readonly signs: boolean };

/** The moment of a request, counted among those of one sort. */
export interface Moment {
  readonly path: RegExp;
  readonly method?: string;
  /** From 1. */
  readonly nth: number;
}

export interface Kill extends Moment {
  /** Before the request is sent, or once Google has done the work. */
  readonly when: "before" | "after";
  /** In a story both are one process. */
  readonly who: "engine" | "provider";
  /** On the real engine, instead of at a request: so many milliseconds after the start. */
  readonly after?: number;
}

export interface Step {
  readonly model: Model;
  readonly verb: Verb;
  /** Names, for `replace`. */
  readonly replace: readonly string[];
  readonly before: readonly ByHand[];
  /** By hand while it runs. */
  readonly during?: Moment & { readonly edit: ByHand };
  readonly faults: readonly Fault[];
  readonly kill?: Kill;
}

export interface Scenario {
  readonly seed: number;
  /** On the real engine, or played by the story. */
  readonly sort: "engine" | "story";
  readonly adapter: Adapter;
  /** On the real engine: whether it writes the state down only at the end. */
  readonly skipsCheckpoints: boolean;
  readonly places: readonly Place[];
  readonly knobs: Partial<Knobs>;
  /** Long before the first run. */
  readonly first: readonly ByHand[];
  readonly steps: readonly Step[];
}

/** Every fifth seed runs the real engine. */
export const ENGINES_SHARE = 5;

const MOMENTS: readonly Omit<Moment, "nth">[] = [
  { path: /./ },
  { path: /smimeInfo/ },
  { path: /smimeInfo/ },
  { method: "POST", path: /smimeInfo/ },
  { method: "POST", path: /smimeInfo$/ },
  { method: "POST", path: /setDefault$/ },
  { method: "DELETE", path: /smimeInfo/ },
];

export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  const isEngine = seed % ENGINES_SHARE === 0;
  const places = randomPlaces(random, isEngine ? 2 : 4);
  const knobs = randomKnobs(random, isEngine);
  const echoes = random.chance(40);
  const editor = new Editor(random, { places, hasAliases: isEngine, hasPem: !echoes });
  const setting = { places, knobs, isTimed: isEngine, echoes };
  const first = random.several(0, 3, () => byHand(random, editor, true));
  const steps: Step[] = [];
  for (let left = isEngine ? random.between(2, 3) : random.between(3, 8); left > 0; left -= 1)
    steps.push(randomStep({ random, editor, setting }, steps.at(-1)?.model));
  return {
    seed,
    sort: isEngine ? "engine" : "story",
    adapter: random.pick(["dynamic", "plugin"]),
    skipsCheckpoints: isEngine && random.chance(35),
    places,
    knobs,
    first,
    steps,
  };
}

function randomPlaces(random: Random, most: number): Place[] {
  return Array.from({ length: random.between(1, most) }, (_, index) => index + 1).flatMap((number) => {
    const user = `user${String(number)}@example.com`;
    const own = { user, address: user };
    return random.chance(35) ? [own, { user, address: `alias${String(number)}@example.com` }] : [own];
  });
}

interface Makings {
  readonly random: Random;
  readonly editor: Editor;
  readonly setting: Setting;
}

function randomStep({ random, editor, setting }: Makings, last: Model | undefined): Step {
  const { isTimed: isEngine } = setting;
  let model = last ?? editor.first();
  // As often as not several edits, or none, from one run to the next.
  for (let edits = last ? random.between(0, 2) : 0; edits > 0; edits -= 1) model = editor.next(model);
  const verb: Verb = last ? random.pick(["up", "up", "up", "up", "replace", "refresh", "preview", "destroy"]) : "up";
  const names = [...namesOf(singlesOf(model)), FLEET_NAME];
  const edit = byHand(random, editor, false);
  const moment = (): Moment => ({ ...random.pick(MOMENTS), nth: random.between(1, isEngine ? 3 : 6) });
  return {
    model,
    verb,
    replace: verb === "replace" ? names.filter(() => random.chance(50)) : [],
    before: last ? random.several(0, 1, () => byHand(random, editor, true)) : [],
    ...(random.chance(15) && { during: { ...moment(), edit } }),
    faults: random.several(0, isEngine ? 3 : 5, () => randomFault(random, setting)),
    ...(random.chance(isEngine ? 90 : 50) && { kill: randomKill(random, moment(), isEngine) }),
  };
}

function randomKill(random: Random, moment: Moment, isEngine: boolean): Kill {
  const when = random.pick(["before", "after"] as const);
  const who = random.pick(["engine", "provider"] as const);
  const kill = { ...moment, when, who };
  return isEngine && random.chance(40) ? { ...kill, after: random.between(200, 3500) } : kill;
}

/** `mayUpload`: opening a file takes a while, so nothing is uploaded in the middle of a run. */
function byHand(random: Random, editor: Editor, mayUpload: boolean): ByHand {
  const place = random.pick(editor.places);
  const kind = random.pick(["delete", "moveDefault", "upload", "uploadDeclared", "uploadDeclared"] as const);
  const pick = random.between(0, 1000);
  if (!mayUpload || kind === "delete" || kind === "moveDefault")
    return { kind: kind === "delete" ? "delete" : "moveDefault", place, pick };
  // What a program declares, or may declare later, may be there already.
  const key = kind === "upload" ? editor.newForeignKey(place) : random.between(0, 1);
  return { kind: "upload", place, key, signs: random.chance(30) };
}
