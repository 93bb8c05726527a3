/** Many seeds, in two lanes: the stories one after the other and, beside them, those on the real engine. */
import { ADAPTERS, type Adapter } from "../sessions";
import { World } from "../world";
import { EnginePlayer } from "./engineLife";
import { KeyRing } from "./keyRing";
import { Life, seedOf, type Verdict } from "./life";
import { scenarioOf, type Scenario } from "./scenario";
import { StoryPlayer } from "./storyLife";

export interface Report extends Verdict {
  readonly scenario: Scenario;
  readonly seconds: number;
  /** All that must not be; empty where everything is fine. */
  readonly problems: readonly string[];
}

export interface Total {
  faults: number;
  kills: number;
  duplicates: number;
  losses: number;
  leaks: number;
  broken: number;
}

/** For one seed: on the real engine each operation takes seconds, and may wait for Google for two minutes. */
const MOST_MILLISECONDS = 240_000;

const HANGS = "it hangs";

interface Ground {
  readonly world: World;
  readonly keys: KeyRing;
}

export class Lanes {
  readonly #total: Total = { faults: 0, kills: 0, duplicates: 0, losses: 0, leaks: 0, broken: 0 };

  /** What has processes and folders of its own while it is played. */
  readonly #open = new Set<{ dispose(): void }>();

  constructor(private readonly options: { readonly onReport: (report: Report) => void }) {}

  get total(): Readonly<Total> {
    return this.#total;
  }

  /** Ends what runs, and leaves no key and no stack behind. */
  dispose(): void {
    for (const open of this.#open) open.dispose();
  }

  async run(seeds: readonly number[]): Promise<void> {
    const scenarios = seeds.map(scenarioOf);
    const [stories, engines] = (["story", "engine"] as const).map((sort) =>
      scenarios.filter((each) => each.sort === sort),
    );
    // The stories keep one processor busy; once they are told, there is room for a second engine.
    await Promise.all([this.#lane([stories, engines]), this.#lane([engines])]);
  }

  /** What is played is taken off: of the last queue, which lanes share, each plays what the others have left. */
  async #lane(queues: readonly (Scenario[] | undefined)[]): Promise<void> {
    const grounds = new Map<Adapter, Ground>();
    try {
      for (const adapter of ADAPTERS) grounds.set(adapter, await this.#ground(adapter));
      for (const queue of queues) {
        for (let scenario = queue?.shift(); scenario; scenario = queue?.shift()) {
          const ground = grounds.get(scenario.adapter);
          if (!ground) continue;
          const report = await this.#live(scenario, ground);
          this.#count(report);
          if (!report.broken.includes(HANGS)) continue;
          // what hangs may still send requests: they must not meet the next seed
          await this.#leave(ground);
          grounds.set(scenario.adapter, await this.#ground(scenario.adapter));
        }
      }
    } finally {
      for (const ground of grounds.values()) await this.#leave(ground);
    }
  }

  async #ground(adapter: Adapter): Promise<Ground> {
    const world = await World.start(adapter);
    const keys = new KeyRing(world);
    this.#open.add(keys);
    return { world, keys };
  }

  async #leave({ world, keys }: Ground): Promise<void> {
    keys.dispose();
    this.#open.delete(keys);
    await world.emulator.stop();
  }

  async #live(scenario: Scenario, { world, keys }: Ground): Promise<Report> {
    const started = performance.now();
    world.emulator.seed(seedOf(scenario));
    const player =
      scenario.sort === "engine" ? await EnginePlayer.open(scenario, world, keys) : new StoryPlayer(world, keys);
    this.#open.add(player);
    try {
      const verdict = await withinReason(new Life(scenario, world, keys, player));
      const sorts = ["duplicates", "losses", "leaks", "broken"] as const;
      const problems = sorts.flatMap((sort) => verdict[sort].map((problem) => `${sort}: ${problem}`));
      return { ...verdict, scenario, problems, seconds: (performance.now() - started) / 1000 };
    } finally {
      player.dispose();
      this.#open.delete(player);
    }
  }

  #count(report: Report): void {
    this.#total.faults += report.faults;
    this.#total.kills += report.kills;
    for (const sort of ["duplicates", "losses", "leaks", "broken"] as const) this.#total[sort] += report[sort].length;
    this.options.onReport(report);
  }
}

/** What hangs is broken, too. */
async function withinReason(life: Life): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<Verdict>((resolve) => {
    timer = setTimeout(() => resolve(life.verdict(HANGS)), MOST_MILLISECONDS);
  });
  try {
    return await Promise.race([life.run(), hung]);
  } finally {
    clearTimeout(timer);
  }
}
