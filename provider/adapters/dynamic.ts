/**
 * Pulumi's dynamic provider protocol in front of the core: translation only. It runs in the dynamic provider host, which
 * the engine starts next to the program (facts pulumi, "Dynamic providers (nodejs), as they really behave").
 */
import type { dynamic } from "@pulumi/pulumi";
import { servicesFor, type SettingName, type World } from "../config";
import { UNKNOWN, type Asset, type Values } from "../fields";
import * as lifecycle from "../lifecycle";
import { MailKeyError } from "../mailKeyError";
import { resourceOf, type AnyResource } from "../resources";
import type { Services } from "../resources/services";

/** How the protocol writes "not known yet" and an Asset (sdk/nodejs runtime/rpc: unknownValue, specialSigKey). */
const UNKNOWN_VALUE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";
const PROVIDER_KEY = "__provider";

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

  async check(olds: unknown, news: unknown): Promise<dynamic.CheckResult> {
    try {
      const { inputs, failures } = await lifecycle.check(
        this.#resource,
        decode(olds),
        decode(news),
        await this.#services(),
      );
      return {
        inputs: { ...(news as object), ...encode(inputs) },
        failures: failures.map(({ field, reason }) => ({ property: field, reason })),
      };
    } catch (error) {
      if (error instanceof MailKeyError) return { failures: [{ property: "", reason: error.message }] };
      throw error;
    }
  }

  async diff(_id: string, olds: unknown, news: unknown): Promise<dynamic.DiffResult> {
    const { changed, replaces } = lifecycle.diff(this.#resource, decode(olds), decode(news), await this.#services());
    return { changes: changed.length > 0, replaces: [...replaces] };
  }

  async create(inputs: unknown): Promise<dynamic.CreateResult> {
    const { id, state } = await lifecycle.create(this.#resource, decode(inputs), await this.#services());
    return { id, outs: state };
  }

  async read(id: string, state: unknown): Promise<dynamic.ReadResult> {
    const found = await lifecycle.read(this.#resource, id, decode(state), await this.#services());
    if (!found) return { id: "", props: {} }; // an empty id means: gone
    return { id: found.id, props: found.state, ...(found.inputs && { inputs: found.inputs }) };
  }

  async update(id: string, olds: unknown, news: unknown): Promise<dynamic.UpdateResult> {
    return { outs: await lifecycle.update(this.#resource, id, decode(olds), decode(news), await this.#services()) };
  }

  async delete(id: string, state: unknown): Promise<void> {
    await lifecycle.delete(this.#resource, id, decode(state), await this.#services());
  }

  async #services(): Promise<Services> {
    await this.#settings;
    return this.runtime.services(this.#setting);
  }
}

function decode(properties: unknown): Values {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (name !== PROVIDER_KEY) values[name] = decodeValue(value);
  }
  return values;
}

function decodeValue(value: unknown): unknown {
  if (value === UNKNOWN_VALUE) return UNKNOWN;
  if (Array.isArray(value)) return value.map(decodeValue);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (object[SIGNATURE_KEY] === ASSET_SIGNATURE) return decodeAsset(object);
  return Object.fromEntries(Object.entries(object).map(([name, part]) => [name, decodeValue(part)]));
}

function decodeAsset({ path, text, uri }: Record<string, unknown>): Asset {
  if (typeof path === "string" && path !== "") return { asset: { path } };
  if (typeof uri === "string" && uri !== "") return { asset: { uri } };
  return { asset: { text: typeof text === "string" ? text : "" } };
}

/** Only what Check computed: everything else goes back as it came (Assets keep their hash, so files show as changed). */
function encode(inputs: Values): Record<string, unknown> {
  const encoded: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(inputs)) {
    if (value === UNKNOWN) encoded[name] = UNKNOWN_VALUE;
    else if (typeof value === "string") encoded[name] = value;
  }
  return encoded;
}
