/**
 * The provider's public face: what the text stored in every dynamic resource calls by the package's bare name. That text
 * lives in users' state for ever, so this path and `dynamicProvider` never change (see sdk/dynamicResource.ts).
 */
import { DynamicProvider, DynamicRuntime } from "./adapters/dynamic";
import { ProgramFunctions } from "./adapters/program";
import { machine } from "./machine";

/** One per process: claims only work when all resources share them. */
let runtime: DynamicRuntime | undefined;

export function dynamicProvider(token: string): DynamicProvider {
  runtime ??= new DynamicRuntime({
    ...machine,
    // the engine shows these lines under the stack
    log: (severity, message) => process.stderr.write(severity === "warning" ? `warning: ${message}\n` : `${message}\n`),
  });
  return new DynamicProvider(token, runtime);
}

/** What sdk/functions.ts asks. One per process: what a mailbox was listed for once need not be listed again at once. */
export const programFunctions = new ProgramFunctions(machine);
