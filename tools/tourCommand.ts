// One command of the tour: run with an empty log of requests, and shown as one would type it.
import type { Emulator } from "../tests/emulator";
import type { OperationOptions, Stack } from "../tests/engine";
import type { Outcome } from "../tests/engineProcess";
import type { Page } from "./tourPage";

export interface Scene {
  readonly page: Page;
  readonly emulator: Emulator;
  readonly stack: Stack;
}

export function pulumi(
  { page, emulator, stack }: Scene,
  verb: "preview" | "up" | "destroy",
  options: OperationOptions = {},
): Promise<Outcome> {
  const flags = [options.refresh ? " --refresh" : "", options.expectNoChanges ? " --expect-no-changes" : ""];
  page.command(`pulumi ${verb}${flags.join("")}`);
  emulator.clearRequests();
  return stack[verb](options);
}
