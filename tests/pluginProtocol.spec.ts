// What the plugin's process answers to whoever speaks Pulumi's protocol with it, in order or not: the real process over gRPC.
import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { EngineLog } from "../provider/adapters/pluginProtocol";
import { VERSION } from "../provider/version";
import { checkout } from "./npmPackage";

const OFFERED = [
  ["handshake", "attach", "getPluginInfo", "getSchema", "checkConfig", "diffConfig", "configure", "cancel"],
  ["check", "diff", "create", "read", "update", "delete", "list", "invoke"],
].flat();
type Methods = Record<string, grpc.MethodDefinition<unknown, unknown>>;
const METHODS = ResourceProviderService as unknown as Methods;

describe("the plugin's protocol", function () {
  this.timeout(60_000);
  let child: ChildProcess;
  let client: grpc.Client;
  const written = { stdout: "", stderr: "" };

  before(async () => {
    child = spawn(path.join(checkout, "pulumi-resource-google-workspace-mail"), {
      stdio: "pipe",
      env: plainEnvironment(),
    });
    for (const name of ["stdout", "stderr"] as const)
      child[name]?.setEncoding("utf8").on("data", (text: string) => (written[name] += text));
    assert.ok(child.stdout);
    await once(child.stdout, "data");
    client = new grpc.Client(`127.0.0.1:${written.stdout.trim()}`, grpc.credentials.createInsecure());
  });
  after(() => {
    client.close();
    child.kill("SIGKILL");
  });

  function call<T>(verb: string, request?: object): Promise<T> {
    const method = METHODS[verb];
    assert.ok(method, verb);
    const { path: name, requestSerialize, responseDeserialize } = method;
    return new Promise((resolve, reject) => {
      const answer = (error: grpc.ServiceError | null, value?: unknown): void =>
        error ? reject(error) : resolve(value as T);
      client.makeUnaryRequest(name, requestSerialize, responseDeserialize, request ?? emptyRequest(method), answer);
    });
  }

  /** As the engine shows it. */
  const refusal = (verb: string, request: object): Promise<string> =>
    call(verb, request).then(
      () => assert.fail(`${verb} was answered`),
      ({ code, details }: grpc.ServiceError) => `${grpc.status[code]}: ${details}`,
    );

  it("answers UNIMPLEMENTED to every verb that is not offered", async () => {
    const others = Object.keys(METHODS).filter((verb) => !OFFERED.includes(verb));
    for (const verb of ["parameterize", "construct", "call", "getMapping", "getMappings"])
      assert.ok(others.includes(verb));
    for (const verb of others) assert.match(await refusal(verb, emptyRequest(METHODS[verb])), /^UNIMPLEMENTED: /);
  });

  it("shakes hands: secrets are understood, references to resources are not told apart", async () => {
    const response = await call<messages.ProviderHandshakeResponse>("handshake");
    const { acceptSecrets, acceptResources, acceptOutputs } = response.toObject();
    assert.deepEqual([acceptSecrets, acceptResources, acceptOutputs], [true, false, false]);
  });

  it("says one version everywhere: the package's", async () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(checkout, "package.json"), "utf8")) as { version: string };
    const info = await call<PluginInfo>("getPluginInfo", new Empty());
    const schema = await call<messages.GetSchemaResponse>("getSchema");
    const { version: schemas } = JSON.parse(schema.getSchema()) as { version: string };
    assert.deepEqual([VERSION, info.getVersion(), schemas], [version, version, version]);
  });

  it("says in a sentence that it was asked too early", async () => {
    const type = "google-workspace-mail:index:SmimeCertificate";
    const early: Record<string, object> = {
      check: new messages.CheckRequest().setType(type).setNews(new Struct()),
      diff: new messages.DiffRequest().setType(type),
      create: new messages.CreateRequest().setType(type),
      read: new messages.ReadRequest().setType(type).setId("id"),
      update: new messages.UpdateRequest().setType(type).setId("id"),
      delete: new messages.DeleteRequest().setType(type).setId("id"),
      invoke: new messages.InvokeRequest().setTok("google-workspace-mail:index:inspectPkcs12"),
    };
    for (const [verb, request] of Object.entries(early)) {
      const sentence = "UNKNOWN: This provider was asked for something before it was configured.";
      assert.equal(await refusal(verb, request), sentence, verb);
    }
  });

  it("names what there is where a type or a function is unknown", async () => {
    await call("configure", new messages.ConfigureRequest().setArgs(new Struct()));
    for (const token of ["Nonsense", "constructor", "__proto__", "toString"]) {
      const name = `google-workspace-mail:index:${token}`;
      const resource = `UNKNOWN: There is no resource ${token}. There are SmimeCertificate, DefaultSmimeCertificate, SmimeFleet, AuditPublicKey.`;
      assert.equal(await refusal("check", new messages.CheckRequest().setType(name)), resource);
      const urn = `urn:pulumi:test::test::parent:index:Type$${name}::it`;
      assert.equal(await refusal("delete", new messages.DeleteRequest().setUrn(urn)), resource);
      const unknown = await refusal("invoke", new messages.InvokeRequest().setTok(name));
      assert.match(
        unknown,
        /^UNKNOWN: There is no function \S+\. There are getSmimeCertificates, getSendAsAddresses, /,
      );
    }
  });

  it("has written its port and nothing else, whatever it was asked", () => {
    assert.equal(child.exitCode, null);
    assert.match(written.stdout, /^\d+\n$/);
    assert.equal(written.stderr, "");
  });

  it("loses a line about the engine that has gone, and nothing else", async () => {
    const log = new EngineLog("127.0.0.1:1");
    log.close(); // the client of a closed channel throws
    await log.tell({ severity: "status", text: "a line", urn: "" });
  });
});

function emptyRequest(method: grpc.MethodDefinition<unknown, unknown> | undefined): object {
  const { requestType } = method as unknown as { requestType: new () => object };
  return new requestType();
}

/** Without settings of this machine. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PULUMI|GOOGLE)/.test(name)));
}
