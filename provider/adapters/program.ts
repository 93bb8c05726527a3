/** The functions for a TypeScript program that calls them itself, without the engine in between: translation only. */
import { servicesFor, type World } from "../config";
import { settingsFields, type SettingName } from "../settings";
import type { Values } from "../fields";
import { functionOf } from "../functions";
import { invoke } from "../invoke";
import { MailKeyError, ownError } from "../mailKeyError";
import type { Services } from "../resources/services";

/** What the program's stack hands in. */
export type Program = Pick<World, "setting" | "log">;

export class ProgramFunctions {
  /** By their settings: programs of several stacks can share one process (the Automation API's inline ones). */
  readonly #services = new Map<string, Services>();

  constructor(private readonly world: Omit<World, keyof Program>) {}

  /** Throws MailKeyError alone: one that names every argument that is wrong, or says why there is no answer. */
  async call(token: string, args: Values, program: Program): Promise<Values> {
    try {
      const { result, failures } = await invoke(functionOf(token), args, this.#servicesOf(program));
      if (failures.length === 0) return result;
      throw new MailKeyError(`${token}: ${failures.map(({ reason }) => reason).join(" ")}`);
    } catch (error) {
      throw ownError(error, token);
    }
  }

  #servicesOf({ setting, log }: Program): Services {
    const names = Object.keys(settingsFields) as SettingName[];
    const key = JSON.stringify(names.map((name) => setting(name) ?? null));
    const services = this.#services.get(key) ?? servicesFor({ ...this.world, setting, log });
    this.#services.set(key, services);
    return services;
  }
}
