// Stands in for Pulumi's own Node.js language host, which cannot be had here, where the CLI itself starts one: a program of
// the Automation API runs stacks so. It prints its port and runs the project's index.js.
const { createRequire } = require("node:module");
const path = require("node:path");

const requireThere = createRequire(path.join(process.cwd(), "index.js"));
const grpc = createRequire(requireThere.resolve("@pulumi/pulumi"))("@grpc/grpc-js");
const { LanguageRuntimeService } = requireThere("@pulumi/pulumi/proto/language_grpc_pb.js");
const { LanguageServer } = requireThere("@pulumi/pulumi/automation/server.js");

const languageServer = new LanguageServer(async () => ({ ...requireThere("./index.js") }));

const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
server.addService(LanguageRuntimeService, languageServer);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
