/**
 * The provider's public face: what the text stored in every dynamic resource calls by the package's bare name. That text
 * lives in users' state for ever, so this path and `dynamicProvider` never change (see sdk/dynamicResource.ts).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DynamicProvider, DynamicRuntime } from "./adapters/dynamic";

/** One per process: claims only work when all resources share them. */
let runtime: DynamicRuntime | undefined;

export function dynamicProvider(token: string): DynamicProvider {
  runtime ??= new DynamicRuntime({
    environment: process.env,
    now: () => new Date(),
    elapsed: () => performance.now(),
    random: Math.random,
    sleep: (milliseconds) => sleep(milliseconds),
    fetch: globalThis.fetch,
    // the engine shows these lines under the stack
    log: (severity, message) => process.stderr.write(severity === "warning" ? `warning: ${message}\n` : `${message}\n`),
  });
  return new DynamicProvider(token, runtime);
}
