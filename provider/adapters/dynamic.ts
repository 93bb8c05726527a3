/**
 * Pulumi's dynamic provider protocol in front of the core: translation only. It runs in the dynamic provider host, which
 * the engine starts next to the program (facts pulumi, "Dynamic providers (nodejs), as they really behave").
 */
import type { dynamic } from "@pulumi/pulumi";
import { servicesFor, type World } from "../config";
import type { Values } from "../fields";
import * as lifecycle from "../lifecycle";
import { MailKeyError, ownError, PartlyDone } from "../mailKeyError";
import { resourceOf, type AnyResource } from "../resources";
import type { Services } from "../resources/services";
import type { SettingName } from "../settings";
import { decode, encode, PROVIDER_KEY } from "./wire";

/** The claims and connections that all resources of one process share, once its settings are known. */
export class DynamicRuntime {
  #services: Services | undefined;

  constructor(private readonly world: Omit<World, "setting">) {}

  services(setting: World["setting"]): Services {
    this.#services ??= servicesFor({ ...this.world, setting });
    return this.#services;
  }
}

export class DynamicProvider implements dynamic.ResourceProvider {
  readonly #resource: AnyResource;
  #configured: () => void = () => undefined;
  /** The host caches a provider before it has configured it, so another verb may arrive first: every verb waits. */
  readonly #settings = new Promise<void>((resolve) => (this.#configured = resolve));
  #setting: World["setting"] = () => undefined;

  constructor(
    token: string,
    private readonly runtime: DynamicRuntime,
  ) {
    this.#resource = resourceOf(token);
  }

  configure({ config }: dynamic.ConfigureRequest): Promise<void> {
    this.#setting = (name: SettingName) => config.get(`google-workspace-mail:${name}`);
    this.#configured();
    return Promise.resolve();
  }

  check(olds: unknown, news: unknown): Promise<dynamic.CheckResult> {
    return this.#guarded("check", async () => {
      const { inputs, failures } = await this.#checked(decode(olds), decode(news));
      return {
        inputs: { ...(news as object), ...encode(inputs) },
        failures: failures.map(({ field, reason }) => ({ property: field, reason })),
      };
    });
  }

  /** A setting that is wrong is a failure like any other. */
  async #checked(olds: Values, news: Values): Promise<lifecycle.CheckResult> {
    try {
      return await lifecycle.check(this.#resource, olds, news, await this.#services());
    } catch (error) {
      if (error instanceof MailKeyError) return { inputs: {}, failures: [{ field: "", reason: error.message }] };
      throw error;
    }
  }

  diff(_id: string, olds: unknown, news: unknown): Promise<dynamic.DiffResult> {
    return this.#guarded("diff", async () => {
      const { changed, replaces } = lifecycle.diff(this.#resource, decode(olds), decode(news), await this.#services());
      return { changes: changed.length > 0 || isPlugins(olds), replaces: [...replaces] };
    });
  }

  create(inputs: unknown): Promise<dynamic.CreateResult> {
    return this.#guarded("create", () =>
      keepingParts(inputs, async () => {
        const { id, state } = await lifecycle.create(this.#resource, decode(inputs), await this.#services());
        return { id, outs: state };
      }),
    );
  }

  read(id: string, state: unknown): Promise<dynamic.ReadResult> {
    return this.#guarded("read", async () => {
      const found = await lifecycle.read(this.#resource, id, decode(state), await this.#services());
      if (!found) return { id: "", props: {} }; // an empty id means: gone
      return { id: found.id, props: found.state, ...(found.inputs && { inputs: found.inputs }) };
    });
  }

  update(id: string, olds: unknown, news: unknown): Promise<dynamic.UpdateResult> {
    return this.#guarded("update", () =>
      keepingParts(news, async () => {
        const [state, wanted, services] = [decode(olds), decode(news), await this.#services()];
        const isSame = isPlugins(olds) && lifecycle.diff(this.#resource, state, wanted, services).changed.length === 0;
        if (isSame) return { outs: state };
        return { outs: await lifecycle.update(this.#resource, id, state, wanted, services) };
      }),
    );
  }

  delete(id: string, state: unknown): Promise<void> {
    return this.#guarded("delete", async () => {
      await lifecycle.delete(this.#resource, id, decode(state), await this.#services());
    });
  }

  /** Only our own errors may leave: what a library or the language throws can quote a secret. */
  async #guarded<T>(verb: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw ownError(error, `${this.#resource.token}: ${verb}`);
    }
  }

  async #services(): Promise<Services> {
    await this.#settings;
    return this.runtime.services(this.#setting);
  }
}

/**
 * The plugin's state, in a program that went back to the dynamic classes: it needs the host's text, without which refresh
 * and delete die, and an update is what the host adds it with. Google has no part in that.
 */
const isPlugins = (olds: unknown): boolean => !(PROVIDER_KEY in (olds as object));

/** The host turns an error with an id into ErrorResourceInitFailed, but leaves out its own text, without which refresh dies. */
async function keepingParts<T>(inputs: unknown, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PartlyDone)) throw error;
    const provider = (inputs as Record<string, unknown>)[PROVIDER_KEY];
    throw Object.assign(error, {
      properties: { ...error.state, [PROVIDER_KEY]: provider },
      reasons: [error.message],
    });
  }
}
