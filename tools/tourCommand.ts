// One command of the tour, Pulumi's or ours: run with an empty log of requests, and shown as one would type it.
import * as path from "node:path";
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

const COMMAND = path.join(__dirname, "..", "dist", "commands", "index.js");

/** What it prints is shown as it is. */
export async function ours({ page, emulator, stack }: Scene, ...args: string[]): Promise<Outcome> {
  page.command(`npx pulumi-google-workspace-mail ${args.join(" ")}`);
  emulator.clearRequests();
  const outcome = await stack.drive([COMMAND, ...args, "--stack", stack.name]);
  page.text(outcome.output);
  return outcome;
}
