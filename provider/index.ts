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
    log: (severity, message) => tell(severity === "warning" ? `warning: ${message}` : message),
    onWait: seldom(tell),
  });
  return new DynamicProvider(token, runtime);
}

/** The engine shows these lines under the stack. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The host has no lines that pass: of what many mailboxes wait for, one line in ten seconds is told. */
function seldom(tellLine: (line: string) => void): (line: string) => void {
  let last = -Infinity;
  return (line) => {
    if (performance.now() - last < 10_000) return;
    last = performance.now();
    tellLine(line);
  };
}

/** What sdk/functions.ts asks. One per process: what a mailbox was listed for once need not be listed again at once. */
export const programFunctions = new ProgramFunctions(machine);
