/**
 * Pulumi's provider protocol on the wire: the messages, a server for them, and the engine's log. The one door to gRPC and
 * protobuf. `@pulumi/pulumi/provider` is not used: it drops Configure's arguments and has no Handshake, CheckConfig,
 * DiffConfig, detailed diff, preview or List (facts pulumi, "A provider plugin in Node").
 */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type MailKeyError, ownError, PartlyDone } from "../mailKeyError";
import type { Message } from "./pluginCalls";
import { encode } from "./wire";

export { Empty, messages, PluginInfo };

/** What a verb is: an answer for a request. What is not offered has no entry, and is answered UNIMPLEMENTED. */
export type Verbs = Readonly<Record<string, (request: never) => unknown>>;

/** Properties may be large: the engine's own limit (sdk/nodejs runtime: maxRPCMessageSize). */
const LARGEST_MESSAGE = 400 * 1024 * 1024;
const OPTIONS = {
  "grpc.max_receive_message_length": LARGEST_MESSAGE,
  "grpc.max_send_message_length": LARGEST_MESSAGE,
};

export class PluginServer {
  readonly #server = new grpc.Server(OPTIONS);

  constructor(verbs: Verbs) {
    const entries = Object.entries(verbs).map(([name, verb]) => [name, handler(name, verb as Verb)]);
    this.#server.addService(ResourceProviderService, Object.fromEntries(entries) as grpc.UntypedServiceImplementation);
  }

  /** Listens on a free port of the loopback, which it returns. */
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

type Verb = (request: unknown) => unknown;
type Call = grpc.ServerUnaryCall<unknown, unknown> | grpc.ServerWritableStream<unknown, unknown>;

/** An answer that is a list is a stream of its items. */
function handler(name: string, verb: Verb) {
  return (call: Call, reply?: grpc.sendUnaryData<unknown>): void => {
    const failed = (error: unknown): Partial<grpc.ServiceError> => statusOf(ownError(error, name));
    const done = Promise.resolve(call.request).then(verb);
    if (reply) {
      done.then((answer) => reply(null, answer)).catch((error: unknown) => reply(failed(error)));
    } else {
      done.then((items) => stream(call, items)).catch((error: unknown) => call.emit("error", failed(error)));
    }
  };
}

function stream(call: Call, items: unknown): void {
  const writable = call as grpc.ServerWritableStream<unknown, unknown>;
  for (const item of items as readonly unknown[]) writable.write(item);
  writable.end();
}

/** `grpc-status-details-bin` is how gRPC hands on structured errors, which the Node library leaves to us. */
function statusOf(error: MailKeyError): Partial<grpc.ServiceError> {
  const { message } = error;
  const metadata = new grpc.Metadata();
  if (error instanceof PartlyDone) {
    const status = new Status().setCode(grpc.status.UNKNOWN).setMessage(message);
    status.addDetails(initFailed(error)); // answers with the detail, not with the status
    metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}

function initFailed({ id, state, message }: PartlyDone): Any {
  const failed = new messages.ErrorResourceInitFailed().setId(id).setReasonsList([message]);
  failed.setProperties(toStruct(encode(state)));
  const any = new Any();
  any.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  return any;
}

export const toStruct = (properties: Record<string, unknown>): Struct =>
  Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);

export const fromStruct = (struct: Struct | undefined): Record<string, unknown> => struct?.toJavaScript() ?? {};

const SEVERITIES = { info: LogSeverity.INFO, status: LogSeverity.INFO, warning: LogSeverity.WARNING } as const;

/** The engine's log: lines under the resource they are about. */
export class EngineLog {
  readonly #client: EngineClient;

  constructor(address: string) {
    this.#client = new EngineClient(address, grpc.credentials.createInsecure(), OPTIONS);
  }

  /** Never fails: a line that cannot be told must not undo what was done. */
  tell({ severity, text, urn }: Message): Promise<void> {
    const request = new LogRequest().setSeverity(SEVERITIES[severity]).setMessage(text).setUrn(urn);
    request.setEphemeral(severity === "status");
    const told = new Promise<void>((resolve) => this.#client.log(request, () => resolve()));
    return told.catch(() => undefined); // where it is closed, the client throws
  }

  close(): void {
    this.#client.close();
  }
}
