/** The policy pack as the engine drives it: a process of its own, started as Pulumi starts one, spoken to over gRPC. */
import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "./markdown";
import { NOW } from "./world";

export const PACK = join(ROOT, "policy");
/** A folder for PATH: what starts the pack for the engine. */
export const POLICY_HOST = join(ROOT, "tests", "policyHost");

/** Pulumi's notation on the wire (sdk/nodejs/runtime/rpc.ts). */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const secret = (value: unknown): object => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value });
const asset = (part: object): object => ({ [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", ...part });
export const stringAsset = (text: string): object => asset({ text });
export const fileAsset = (path: string): object => asset({ path });

export interface Shown {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
  readonly protect?: boolean;
  readonly deleteBeforeReplace?: boolean;
}

export interface Violation {
  readonly rule: string;
  readonly level: "advisory" | "mandatory";
  readonly text: string;
}

type Level = "ADVISORY" | "MANDATORY" | "DISABLED" | "REMEDIATE";
export interface RuleConfig {
  readonly level?: Level;
  readonly [setting: string]: unknown;
}

export class PolicyPack {
  private constructor(
    private readonly child: ChildProcess,
    private readonly client: AnalyzerClient,
  ) {}

  static async start(): Promise<PolicyPack> {
    const run = join(ROOT, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    const env = { ...process.env, GOOGLE_WORKSPACE_MAIL_NOW: NOW };
    const child = spawn(process.execPath, [run, "127.0.0.1:1", "."], { cwd: PACK, env, stdio: "pipe" });
    let complaints = ""; // a warning of Node.js is no failure: the pack failed where it ended
    child.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
    const [said] = (await Promise.race([once(child.stdout, "data"), once(child, "close")])) as unknown[];
    const port = String(said).trim();
    assert.ok(Buffer.isBuffer(said) && /^\d+$/.test(port), `the pack starts, and says its port: ${complaints}`);
    return new PolicyPack(child, new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure()));
  }

  stop(): void {
    this.client.close();
    this.child.kill("SIGKILL");
  }

  /** The rules of the pack with their levels. */
  async rules(): Promise<messages.PolicyInfo.AsObject[]> {
    const call = this.client.getAnalyzerInfo.bind(this.client) as Unary<Empty, messages.AnalyzerInfo>;
    return (await ask(call, new Empty())).toObject().policiesList;
  }

  /** What is not named is as the pack has it. */
  async configure(config: Record<string, RuleConfig> = {}): Promise<void> {
    const request = new messages.ConfigureAnalyzerRequest();
    const levels = new Map((await this.rules()).map(({ name, enforcementlevel }) => [name, enforcementlevel]));
    for (const [rule, { level, ...settings }] of Object.entries(config)) {
      const wanted = level === undefined ? levels.get(rule) : messages.EnforcementLevel[level];
      const entry = new messages.PolicyConfig().setProperties(struct(settings));
      request.getPolicyconfigMap().set(rule, entry.setEnforcementlevel(wanted ?? assert.fail(rule)));
    }
    await ask(this.client.configure.bind(this.client) as Unary<typeof request, Empty>, request);
  }

  /** As the engine does with a resource's inputs before it does anything: first to be remedied, then to be judged. */
  async ofInputs(shown: Shown): Promise<Violation[]> {
    const request = new messages.AnalyzeRequest();
    request.setUrn(urnOf(shown)).setType(shown.type).setName(nameOf(shown)).setOptions(optionsOf(shown));
    request.setProperties(struct(shown.inputs ?? {}));
    const remedy = this.client.remediate.bind(this.client) as Unary<typeof request, messages.RemediateResponse>;
    assert.deepEqual((await ask(remedy, request)).toObject().remediationsList, [], "the pack changes nothing");
    const analyze = this.client.analyze.bind(this.client) as Unary<typeof request, messages.AnalyzeResponse>;
    return violations(await ask(analyze, request));
  }

  /** As the engine does in the end with the outputs of all. */
  async ofOutputs(...all: Shown[]): Promise<Violation[]> {
    const request = new messages.AnalyzeStackRequest();
    for (const shown of all) {
      const resource = new messages.AnalyzerResource();
      resource.setUrn(urnOf(shown)).setType(shown.type).setName(nameOf(shown)).setOptions(optionsOf(shown));
      request.addResources(resource.setProperties(struct(shown.outputs ?? {})));
    }
    const call = this.client.analyzeStack.bind(this.client) as Unary<typeof request, messages.AnalyzeResponse>;
    return violations(await ask(call, request));
  }
}

const nameOf = ({ name = "alice" }: Shown): string => name;
const urnOf = (shown: Shown): string => `urn:pulumi:test::test::${shown.type}::${nameOf(shown)}`;
const struct = (properties: Record<string, unknown>): Struct =>
  Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);

function optionsOf({ protect = false, deleteBeforeReplace }: Shown): messages.AnalyzerResourceOptions {
  const options = new messages.AnalyzerResourceOptions().setProtect(protect);
  if (deleteBeforeReplace === undefined) return options;
  return options.setDeletebeforereplacedefined(true).setDeletebeforereplace(deleteBeforeReplace);
}

type Unary<Q, A> = (request: Q, done: (error: grpc.ServiceError | null, answer: A) => void) => unknown;

const ask = <Q, A>(call: Unary<Q, A>, request: Q): Promise<A> =>
  new Promise((resolve, reject) => {
    call(request, (error, answer) => (error ? reject(error) : resolve(answer)));
  });

/** Without the rule's description, which is the first line of each. */
const violations = (response: messages.AnalyzeResponse): Violation[] =>
  response.getDiagnosticsList().map((each) => ({
    rule: each.getPolicyname(),
    level: each.getEnforcementlevel() === messages.EnforcementLevel.ADVISORY ? "advisory" : "mandatory",
    text: each.getMessage().split("\n").slice(1).join("\n"),
  }));
