/** A project in YAML that uses the plugin: it runs with the plain CLI, and `pulumi import` writes code for it. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Stack, StackOptions } from "./engine";
import { missing } from "./missing";
import { openMailboxes } from "./stackMailbox";
import type { World } from "./world";

export const TYPES = "google-workspace-mail:index";

const PROJECT = `name: test
runtime: yaml
plugins:
  providers:
    - name: google-workspace-mail
      path: node_modules/pulumi-google-workspace-mail
config:
  password:
    type: string
    secret: true
`;

/** Skips the test where there is no YAML host. */
export async function openYaml(test: Mocha.Context, world: World, options: Partial<StackOptions> = {}): Promise<Stack> {
  const { findEngine } = await import("../tools/engine/find.mjs");
  const { findYamlHost } = await import("../tools/languages/find.mjs");
  const host =
    (await findYamlHost(await findEngine())) ?? missing(test, "the full Pulumi CLI, or Go to build its YAML host");
  const files = { ...options.files, "Pulumi.yaml": `${PROJECT}resources: {}\n` };
  return openMailboxes(world, { ...options, path: [path.dirname(host)], files });
}

/** Lines of one resource each, with their indentation. */
export const declare = (stack: Stack, resources: string): void =>
  stack.writeFiles({ "Pulumi.yaml": `${PROJECT}resources:\n${resources}` });

/** The resources in the code that `pulumi import` printed or wrote. */
export function resourcesIn(code: string): string {
  return /^resources:\n((?: +.*\n)+)/m.exec(code)?.[1] ?? assert.fail(code);
}

/** Names of a resource's properties in such code. */
export const propertiesIn = (resource: string): string[] =>
  [...resource.matchAll(/^ {6}(\w+):/gm)].map(([, name = ""]) => name);

export const readIn = (stack: Stack, name: string): string => fs.readFileSync(path.join(stack.workDir, name), "utf8");
