/**
 * Pulumi's provider plugin protocol in front of the core: translation only. One process serves one provider
 * configuration, for programs in every language (facts pulumi, "A provider plugin in Node").
 */
import { servicesFor, type World } from "../config";
import type { Failure, Fields, Values } from "../fields";
import { functionOf } from "../functions";
import { invoke } from "../invoke";
import * as lifecycle from "../lifecycle";
import { MailKeyError } from "../mailKeyError";
import { resourceOf, type AnyResource } from "../resources";
import type { Services } from "../resources/services";
import { VERSION } from "../version";
import { PluginCalls } from "./pluginCalls";
import { diffResponse } from "./pluginDiff";
import { Empty, EngineLog, fromStruct, messages, PluginInfo, toStruct, type Verbs } from "./pluginProtocol";
import { SECRET_SETTINGS, settingOf, settingsFailures } from "./pluginSettings";
import { packageSchema } from "./schema";
import { decode, encode, PROVIDER_KEY, secretsOf, withSecrets } from "./wire";

/** What a process hands in; where messages go is the engine's to say. */
export type PluginWorld = Omit<World, "setting" | "log" | "onWait">;

const INDEX = "google-workspace-mail:index:";

export class Plugin {
  readonly #world: Omit<World, "setting">;
  readonly #calls: PluginCalls;
  #engine: EngineLog | undefined;
  #services: Services | undefined;

  /** `engine`: the address of the engine, where Handshake or Attach does not tell it. */
  constructor(world: PluginWorld, engine?: string) {
    this.#connect(engine);
    const calls = new PluginCalls({ ...world, tell: (message) => this.#engine?.tell(message) ?? Promise.resolve() });
    this.#calls = calls;
    const { sleep, fetch, log } = calls;
    this.#world = { ...world, sleep, fetch, log, onWait: (line) => log("status", line) };
  }

  /** By the protocol's names. The rest (Parameterize, Construct, Call, GetMapping …) is not offered. */
  readonly verbs: Verbs = {
    handshake: (request: messages.ProviderHandshakeRequest) => this.#handshake(request),
    attach: (request: { getAddress(): string }) => this.#attach(request.getAddress()),
    getPluginInfo: () => new PluginInfo().setVersion(VERSION),
    getSchema: () => this.#getSchema(),
    checkConfig: (request: messages.CheckRequest) => this.#checkConfig(request),
    diffConfig: (request: messages.DiffRequest) => this.#diffConfig(request),
    configure: (request: messages.ConfigureRequest) => this.#configure(request),
    check: (request: messages.CheckRequest) => this.#run(request, () => this.#check(request)),
    diff: (request: messages.DiffRequest) => this.#run(request, () => this.#diff(request)),
    create: (request: messages.CreateRequest) => this.#run(request, () => this.#create(request)),
    read: (request: messages.ReadRequest) => this.#run(request, () => this.#read(request)),
    update: (request: messages.UpdateRequest) => this.#run(request, () => this.#update(request)),
    delete: (request: messages.DeleteRequest) => this.#run(request, () => this.#delete(request)),
    list: (request: messages.ListRequest) => this.#run(request, () => this.#list(request)),
    invoke: (request: messages.InvokeRequest) => this.#run(request, () => this.#invoke(request)),
    cancel: () => this.#cancel(),
  };

  #handshake(request: messages.ProviderHandshakeRequest): messages.ProviderHandshakeResponse {
    this.#connect(request.getEngineAddress());
    // resource references come as ids, outputs as values: nothing here tells them apart
    return new messages.ProviderHandshakeResponse().setAcceptSecrets(true);
  }

  #attach(address: string): Empty {
    this.#connect(address);
    this.#calls.renew();
    return new Empty();
  }

  #connect(address: string | undefined): void {
    if (!address) return;
    this.#engine?.close();
    this.#engine = new EngineLog(address);
  }

  #getSchema(): messages.GetSchemaResponse {
    return new messages.GetSchemaResponse().setSchema(JSON.stringify(packageSchema(VERSION)));
  }

  #checkConfig(request: messages.CheckRequest): messages.CheckResponse {
    const news = fromStruct(request.getNews());
    const inputs = withSecrets(news, new Set([...secretsOf(news), ...SECRET_SETTINGS]));
    return checkResponse(inputs, settingsFailures(decode(news), this.#world));
  }

  /** Other credentials act on the same mailboxes: nothing is ever replaced for them. */
  #diffConfig(request: messages.DiffRequest): messages.DiffResponse {
    const [olds, news] = [decode(fromStruct(request.getOldInputs())), decode(fromStruct(request.getNews()))];
    const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
    const changed = [...names].filter((name) => olds[name] !== news[name]);
    const compared = { fields: {}, state: {}, olds, news, ignored: request.getIgnorechangesList() };
    return diffResponse({ changed, replaces: [] }, compared);
  }

  #configure(request: messages.ConfigureRequest): messages.ConfigureResponse {
    this.#services = servicesFor({ ...this.#world, setting: settingOf(decode(fromStruct(request.getArgs()))) });
    return new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
  }

  async #check(request: messages.CheckRequest): Promise<messages.CheckResponse> {
    const resource = resourceByType(request.getType(), request.getUrn());
    const [olds, { [PROVIDER_KEY]: _text, ...news }] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
    const { inputs, failures } = await lifecycle.check(resource, decode(olds), decode(news), this.#configured());
    const secrets = new Set([...secretsOf(news), ...secretRows(resource.fields)]);
    // the engine prints the value of the property that a failure names
    const shown = failures.map(({ field, reason }) => ({ field: secrets.has(field) ? "" : field, reason }));
    return checkResponse(withSecrets({ ...news, ...encode(inputs) }, secrets), shown);
  }

  #diff(request: messages.DiffRequest): messages.DiffResponse {
    const resource = resourceByType(request.getType(), request.getUrn());
    const [state, news] = [decode(fromStruct(request.getOlds())), decode(fromStruct(request.getNews()))];
    const result = lifecycle.diff(resource, state, news, this.#configured());
    const olds = decode(fromStruct(request.getOldInputs()));
    return diffResponse(result, {
      fields: resource.fields,
      state,
      olds,
      news,
      ignored: request.getIgnorechangesList(),
    });
  }

  async #create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
    const resource = resourceByType(request.getType(), request.getUrn());
    const raw = fromStruct(request.getProperties());
    const services = this.#configured();
    const { id, state }: { id: string; state: Values } = request.getPreview()
      ? { id: "", state: await lifecycle.foresee(resource, {}, decode(raw), services) }
      : await lifecycle.create(resource, decode(raw), services);
    return new messages.CreateResponse().setId(id).setProperties(outputs(state, raw));
  }

  async #read(request: messages.ReadRequest): Promise<messages.ReadResponse> {
    const resource = resourceByType(request.getType(), request.getUrn());
    const [state, { [PROVIDER_KEY]: _text, ...inputs }] = [
      fromStruct(request.getProperties()),
      fromStruct(request.getInputs()),
    ];
    const found = await lifecycle.read(resource, request.getId(), decode(state), this.#configured());
    if (!found) return new messages.ReadResponse(); // an empty id means: gone
    const response = new messages.ReadResponse().setId(found.id).setProperties(outputs(found.state, state));
    return response.setInputs(toStruct(found.inputs ? encode(found.inputs) : inputs));
  }

  async #update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
    const resource = resourceByType(request.getType(), request.getUrn());
    const [state, news] = [decode(fromStruct(request.getOlds())), fromStruct(request.getNews())];
    const services = this.#configured();
    const updated: Values = request.getPreview()
      ? await lifecycle.foresee(resource, state, decode(news), services)
      : await lifecycle.update(resource, request.getId(), state, decode(news), services);
    return new messages.UpdateResponse().setProperties(outputs(updated, news));
  }

  async #delete(request: messages.DeleteRequest): Promise<Empty> {
    const resource = resourceByType(request.getType(), request.getUrn());
    const state = decode(fromStruct(request.getProperties()));
    await lifecycle.delete(resource, request.getId(), state, this.#configured());
    return new Empty();
  }

  async #list(request: messages.ListRequest): Promise<messages.ListResponse[]> {
    const resource = resourceByType(request.getToken(), "");
    const query = decode(fromStruct(request.getQuery()));
    const { items, failures } = await lifecycle.list(resource, query, request.getLimit(), this.#configured());
    refuse(failures);
    return items.map(({ id, name }) =>
      new messages.ListResponse().setResult(new messages.ListResponse.Result().setId(id).setName(name)),
    );
  }

  async #invoke(request: messages.InvokeRequest): Promise<messages.InvokeResponse> {
    const called = functionOf(request.getTok().replace(INDEX, ""));
    const { result, failures } = await invoke(called, decode(fromStruct(request.getArgs())), this.#configured());
    refuse(failures); // pulumi do takes an answer with failures for an empty one
    const secrets = called.isPublic?.(result) ? new Set<string>() : secretRows(called.result);
    return new messages.InvokeResponse().setReturn(toStruct(withSecrets(encode(result), secrets)));
  }

  /** Nothing is told from here on. */
  close(): void {
    this.#engine?.close();
  }

  #cancel(): Empty {
    this.#calls.cancel();
    return new Empty();
  }

  #configured(): Services {
    if (this.#services) return this.#services;
    throw new MailKeyError("This provider was asked for something before it was configured.");
  }

  /** About the resource that the request names, for as long as it allows. */
  #run<T>(request: object, work: () => T | Promise<T>): Promise<T> {
    const urn = "getUrn" in request ? (request as messages.CheckRequest).getUrn() : "";
    const timeout = "getTimeout" in request ? (request as messages.CreateRequest).getTimeout() : 0;
    return this.#calls.run({ urn, timeout }, async () => work());
  }
}

/** `google-workspace-mail:index:SmimeCertificate`; engines before 3.140 left the type to the URN. */
function resourceByType(type: string, urn: string): AnyResource {
  const token = type || urn.split("::")[2]?.split("$").pop() || "";
  return resourceOf(token.replace(INDEX, ""));
}

const secretRows = (fields: Fields): Set<string> =>
  new Set(Object.entries(fields).flatMap(([name, { secret }]) => (secret ? [name] : [])));

/** An output is a secret where the property of that name was one. */
const outputs = (state: Values, like: object): ReturnType<typeof toStruct> =>
  toStruct(withSecrets(encode(state), secretsOf(like)));

/** Of a question: the protocol's List has no failures at all. */
function refuse(failures: readonly Failure[]): void {
  if (failures.length > 0) throw new MailKeyError(failures.map(({ reason }) => reason).join(" "));
}

const checkFailure = ({ field, reason }: Failure): messages.CheckFailure =>
  new messages.CheckFailure().setProperty(field).setReason(reason);

/** The engine drops inputs that failed (step_generator.go), and protobuf takes a second for every few megabytes of them. */
const checkResponse = (inputs: Record<string, unknown>, failures: readonly Failure[]): messages.CheckResponse =>
  failures.length > 0
    ? new messages.CheckResponse().setFailuresList(failures.map(checkFailure))
    : new messages.CheckResponse().setInputs(toStruct(inputs));
