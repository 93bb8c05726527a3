// Runs a Pulumi program for the engine as Pulumi's own Node.js language host does, which cannot be had here: one fresh
// process, in the project's folder, for one operation. Speaks the engine's protocol through the Automation API's server.
// Usage: node programHost.cjs PROGRAM.js; prints the address it listens on.
const { createRequire } = require("node:module");
const path = require("node:path");

const program = path.resolve(process.argv[2]);
// The program's own @pulumi/pulumi, so that there is exactly one in the process.
const requireThere = createRequire(program);
const grpc = createRequire(requireThere.resolve("@pulumi/pulumi"))("@grpc/grpc-js");
const { LanguageRuntimeService } = requireThere("@pulumi/pulumi/proto/language_grpc_pb.js");
const { LanguageServer } = requireThere("@pulumi/pulumi/automation/server.js");

// What the module exports are the stack's outputs.
const languageServer = new LanguageServer(async () => ({ ...requireThere(program) }));
// Whoever started us has gone: so do we.
process.stdin.resume().once("end", () => process.exit());

const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
server.addService(LanguageRuntimeService, languageServer);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`127.0.0.1:${port}\n`);
});
