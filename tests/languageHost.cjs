// Stands in for Pulumi's own Node.js language host, which cannot be had here, where the CLI itself starts one: a program of
// the Automation API runs stacks so. It prints its port and runs the project's index.js.
const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");

const requireThere = createRequire(path.join(process.cwd(), "index.js"));
const grpc = createRequire(requireThere.resolve("@pulumi/pulumi"))("@grpc/grpc-js");
const { LanguageRuntimeService } = requireThere("@pulumi/pulumi/proto/language_grpc_pb.js");
const { RunPluginResponse } = requireThere("@pulumi/pulumi/proto/language_pb.js");
const { LanguageServer } = requireThere("@pulumi/pulumi/automation/server.js");

const languageServer = new LanguageServer(async () => ({ ...requireThere("./index.js") }));

// A policy pack, as the real host starts it: the module of the pack's own @pulumi/pulumi, with node. Its output goes to the
// engine as it comes, the first line of it the port on which the pack listens.
languageServer.runPlugin = (call) => {
  const pack = call.request.getInfo().getProgramDirectory();
  const module = createRequire(path.join(pack, "index.js")).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const env = Object.fromEntries(call.request.getEnvList().map((pair) => pair.split(/=(.*)/s, 2)));
  const child = spawn(process.execPath, [module, ...call.request.getArgsList(), pack], { cwd: pack, env });
  child.stdout.on("data", (bytes) => call.write(new RunPluginResponse().setStdout(bytes)));
  child.stderr.on("data", (bytes) => call.write(new RunPluginResponse().setStderr(bytes)));
  child.once("close", (code) => call.write(new RunPluginResponse().setExitcode(code ?? 1), () => call.end()));
  call.once("cancelled", () => child.kill());
};

const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
server.addService(LanguageRuntimeService, languageServer);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
