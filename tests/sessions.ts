/**
 * The provider as the engine drives it, through each of the two adapters: the dynamic one called as its host calls it,
 * the plugin over gRPC as a process of its own would be.
 */
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { DynamicProvider, DynamicRuntime } from "../provider/adapters/dynamic";
import { Plugin } from "../provider/adapters/plugin";
import { PluginServer } from "../provider/adapters/pluginProtocol";
import type { SettingName } from "../provider/settings";
import type { Token } from "../provider/resources";

export const ADAPTERS = ["dynamic", "plugin"] as const;
export type Adapter = (typeof ADAPTERS)[number];

export type Properties = Record<string, unknown>;
export interface Problem {
  readonly property: string;
  readonly reason: string;
}

/** What the engine has in its state of one resource. */
export interface Held {
  readonly id: string;
  readonly inputs: Properties;
  readonly state: Properties;
}
type Made = Omit<Held, "inputs">;

/** The verbs of one provider process, in the engine's own notation. */
export interface Session {
  check(
    token: Token,
    olds: Properties,
    news: Properties,
  ): Promise<{ inputs: Properties; failures: readonly Problem[] }>;
  diff(token: Token, old: Held, news: Properties): Promise<{ changes: boolean; replaces: readonly string[] }>;
  /** In a preview: what is known of it. */
  create(token: Token, inputs: Properties, preview: boolean): Promise<Made>;
  update(token: Token, old: Held, news: Properties, preview: boolean): Promise<Properties>;
  read(token: Token, old: Held): Promise<Held | undefined>;
  delete(token: Token, old: Held): Promise<void>;
  close(): void;
}

/** The resource was partly made: the engine keeps it, and updates it next time. */
export class InitFailed extends Error {
  constructor(
    message: string,
    readonly made: Made,
  ) {
    super(message);
  }
}

/** What the plugin says over gRPC, where an error has no class. */
export class PluginError extends Error {}

/** What varies, and where messages go. */
export interface Surroundings {
  readonly config: Partial<Record<SettingName, string>>;
  readonly environment: Record<string, string>;
  readonly now: () => Date;
  readonly fetch: typeof fetch;
  readonly elapsed: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (severity: string, message: string) => void;
}

export const openSession: Record<Adapter, (surroundings: Surroundings) => Promise<Session>> = {
  dynamic: (surroundings) => Promise.resolve(dynamicSession(surroundings)),
  plugin: (surroundings) => PluginSession.open(surroundings),
};

/** What a dynamic resource's class puts into its properties, and the host into every answer. */
const HOSTS = { __provider: "the text that the host runs" };

function dynamicSession({ config, ...world }: Surroundings): Session {
  const runtime = new DynamicRuntime({ ...world, random: () => 0.5 });
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
    check: async (token, olds, written) => {
      const news = { ...written, ...HOSTS };
      const checked = await provider(token).check(olds, news);
      return { inputs: (checked.inputs ?? news) as Properties, failures: checked.failures ?? [] };
    },
    diff: async (token, { id, state }, news) => {
      const { changes = false, replaces = [] } = await provider(token).diff(id, state, news);
      return { changes, replaces };
    },
    // the host answers previews itself: nothing is known
    create: (token, inputs, preview) =>
      keptParts(async () => {
        if (preview) return { id: "", state: {} };
        const created = await provider(token).create(inputs);
        return { id: created.id, state: { ...(created.outs as Properties), ...HOSTS } };
      }),
    update: (token, { id, state }, news, preview) =>
      keptParts(async () => {
        if (preview) return {};
        return { ...((await provider(token).update(id, state, news)).outs as Properties), ...HOSTS };
      }),
    read: async (token, { id, state, inputs }) => {
      const found = await provider(token).read(id, state);
      const { props, inputs: imported } = found as { props?: Properties; inputs?: Properties };
      return found.id ? { id: found.id, state: { ...props, ...HOSTS }, inputs: imported ?? inputs } : undefined;
    },
    delete: (token, { id, state }) => provider(token).delete(id, state),
    close: () => undefined,
  };
}

/** As the dynamic host does: an error with an id is a resource partly made. */
async function keptParts<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { id, properties } = error as { id?: string; properties?: Properties };
    if (id === undefined) throw error;
    throw new InitFailed((error as Error).message, { id, state: properties ?? {} });
  }
}

const typeOf = (token: Token): string => `google-workspace-mail:index:${token}`;
const urnOf = (token: Token): string => `urn:pulumi:test::test::${typeOf(token)}::it`;
/** What is undefined is left out, as the SDKs leave it out. */
const toStruct = (properties: Properties): Struct =>
  Struct.fromJavaScript(
    Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as never,
  );
const fromStruct = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};
const about = (token: Token) => ({ urn: urnOf(token), type: typeOf(token) });

/** The engine takes answers up to this (sdk/go/common/util/rpcutil: GrpcChannelOptions). */
const ENGINES_LIMIT = { "grpc.max_receive_message_length": 400 * 1024 * 1024 };

/** A plugin over a real connection; the engine's log is served as the engine serves it. */
export class PluginSession implements Session {
  /** What is wrong with the settings: the engine asks such a provider for nothing. */
  #refused: readonly Problem[] = [];

  private constructor(
    readonly client: ResourceProviderClient,
    private readonly servers: readonly { close(): void }[],
  ) {}

  static async open({ config, log, ...world }: Surroundings): Promise<PluginSession> {
    const engine = new EngineServer(log);
    const plugin = new Plugin({ ...world, random: () => 0.5 });
    const server = new PluginServer(plugin.verbs);
    const [enginePort, port] = await Promise.all([engine.listen(), server.listen()]);
    const insecure = grpc.credentials.createInsecure();
    const client = new ResourceProviderClient(`127.0.0.1:${String(port)}`, insecure, ENGINES_LIMIT);
    const session = new PluginSession(client, [plugin, server, engine]);
    const request = new messages.ProviderHandshakeRequest().setEngineAddress(`127.0.0.1:${String(enginePort)}`);
    const { acceptSecrets } = (await session.call<messages.ProviderHandshakeResponse>("handshake", request)).toObject();
    if (!acceptSecrets) throw new Error("the plugin understands secrets");
    await session.#configure(toStruct(config));
    return session;
  }

  async #configure(settings: Struct): Promise<void> {
    const checked = await this.call<messages.CheckResponse>(
      "checkConfig",
      new messages.CheckRequest().setNews(settings),
    );
    this.#refused = checked.toObject().failuresList;
    if (this.#refused.length > 0) return;
    await this.call("configure", new messages.ConfigureRequest().setArgs(checked.getInputs()));
  }

  async check(token: Token, olds: Properties, news: Properties) {
    if (this.#refused.length > 0) return { inputs: news, failures: this.#refused };
    const request = set(new messages.CheckRequest(), about(token)).setOlds(toStruct(olds)).setNews(toStruct(news));
    const response = await this.call<messages.CheckResponse>("check", request);
    return { inputs: fromStruct(response.getInputs()), failures: response.toObject().failuresList };
  }

  async diff(token: Token, old: Held, news: Properties) {
    const request = set(new messages.DiffRequest(), about(token)).setId(old.id).setNews(toStruct(news));
    request.setOlds(toStruct(old.state)).setOldInputs(toStruct(old.inputs));
    const response = await this.call<messages.DiffResponse>("diff", request);
    const changes = response.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME;
    return { changes, replaces: response.getReplacesList() };
  }

  async create(token: Token, inputs: Properties, preview: boolean): Promise<Made> {
    const request = set(new messages.CreateRequest(), about(token)).setProperties(toStruct(inputs));
    const response = await this.call<messages.CreateResponse>("create", request.setPreview(preview));
    return { id: response.getId(), state: fromStruct(response.getProperties()) };
  }

  async update(token: Token, old: Held, news: Properties, preview: boolean): Promise<Properties> {
    const request = set(new messages.UpdateRequest(), about(token)).setId(old.id).setPreview(preview);
    request.setOlds(toStruct(old.state)).setOldInputs(toStruct(old.inputs)).setNews(toStruct(news));
    return fromStruct((await this.call<messages.UpdateResponse>("update", request)).getProperties());
  }

  async read(token: Token, { id, inputs, state }: Held): Promise<Held | undefined> {
    const request = set(new messages.ReadRequest(), about(token)).setId(id);
    request.setProperties(toStruct(state)).setInputs(toStruct(inputs));
    const response = await this.call<messages.ReadResponse>("read", request);
    if (response.getId() === "") return undefined;
    const found = { state: fromStruct(response.getProperties()), inputs: fromStruct(response.getInputs()) };
    return { id: response.getId(), ...found };
  }

  async delete(token: Token, { id, inputs, state }: Held): Promise<void> {
    const request = set(new messages.DeleteRequest(), about(token)).setId(id);
    await this.call("delete", request.setProperties(toStruct(state)).setOldInputs(toStruct(inputs)));
  }

  cancel(): Promise<Empty> {
    return this.call("cancel", new Empty());
  }

  /** Any verb of the protocol with one answer. */
  call<T>(verb: string, request: object): Promise<T> {
    const verbs = this.client as unknown as Record<string, (...args: unknown[]) => void>;
    return new Promise((resolve, reject) => {
      const answer = (error: grpc.ServiceError | null, response: T): void =>
        error ? reject(errorOf(error)) : resolve(response);
      verbs[verb]?.call(this.client, request, answer);
    });
  }

  close(): void {
    this.client.close();
    for (const server of this.servers) server.close();
  }
}

/** Every request about a resource names it thus. */
function set<T extends { setUrn(urn: string): unknown; setType(type: string): unknown }>(
  request: T,
  { urn, type }: { urn: string; type: string },
): T {
  request.setUrn(urn);
  request.setType(type);
  return request;
}

/** The engine shows what follows `desc =`, which is `details` here. */
function errorOf({ code, details, metadata }: grpc.ServiceError): Error {
  if (code !== grpc.status.UNKNOWN) return new PluginError(`${grpc.status[code]}: ${details}`);
  const [packed] = metadata.get("grpc-status-details-bin");
  if (packed === undefined) return new PluginError(details);
  const [detail] = Status.deserializeBinary(new Uint8Array(packed as Buffer)).getDetailsList();
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
  return new InitFailed(details, { id: failed.getId(), state: fromStruct(failed.getProperties()) });
}

/** The part of the engine that a plugin talks to. */
class EngineServer {
  readonly #server = new grpc.Server();

  constructor(log: (severity: string, message: string) => void) {
    this.#server.addService(EngineService, {
      log: (call: grpc.ServerUnaryCall<LogRequest, Empty>, reply: grpc.sendUnaryData<Empty>) => {
        const { severity, message, ephemeral } = call.request.toObject();
        log(ephemeral ? "status" : severity === LogSeverity.WARNING ? "warning" : "info", message);
        reply(null, new Empty());
      },
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      this.#server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error ? reject(error) : resolve(port)));
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
