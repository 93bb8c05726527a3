// What the stack specs start from: a stack with the settings that a user would make, the lines of small programs, and
// the engine's steps in short.
import assert from "node:assert/strict";
import { openStack, type Stack, type StackOptions } from "./engine";
import type { Outcome } from "./engineProcess";
import type { Adapter } from "./sessions";
import { ADMIN, ALICE, NOW, PASSWORD, type World } from "./world";

/** For one test with several engine runs: each takes 2 to 4 s, longer on a busy machine. */
export const STACK_TIMEOUT = 180_000;

/**
 * A stack whose settings lead to the emulator of this world, and whose program goes through the world's adapter;
 * `password` is the one of every minted PKCS#12.
 */
export function openMailboxes(world: World, options: Partial<StackOptions> = {}): Promise<Stack> {
  const { config, env, ...rest } = options;
  return openStack({
    rewrite: (text) => throughAdapter(world.adapter, text),
    ...rest,
    env: { GOOGLE_WORKSPACE_MAIL_NOW: NOW, ...env },
    config: {
      "google-workspace-mail:credentials": { value: JSON.stringify(world.emulator.keyFile), secret: true },
      "google-workspace-mail:endpoint": world.emulator.url,
      "google-workspace-mail:adminEmail": ADMIN,
      password: { value: PASSWORD, secret: true },
      ...config,
    },
  });
}

/** A whole program of such lines. */
export const program = (...lines: string[]): string =>
  [
    'import * as pulumi from "@pulumi/pulumi";',
    'import { AuditPublicKey, DefaultSmimeCertificate, SmimeCertificate } from "pulumi-google-workspace-mail";',
    'const password = new pulumi.Config().requireSecret("password");',
    ...lines,
  ].join("\n");

/** The classes of both adapters have the same names: only the import differs. */
export const throughAdapter = (adapter: Adapter, text: string): string =>
  adapter === "dynamic"
    ? text
    : text.replaceAll('from "pulumi-google-workspace-mail"', 'from "pulumi-google-workspace-mail/plugin"');

interface Line {
  user?: string;
  /** Names of resources declared above. */
  after?: string[];
}

export const certificateLine = (name: string, { file = "alice.p12", ...line }: Line & { file?: string } = {}): string =>
  resourceLine("SmimeCertificate", name, `pkcs12: new pulumi.asset.FileAsset("${file}"), password`, line);

export const defaultLine = (name: string, certificate: string, line: Line = {}): string =>
  resourceLine("DefaultSmimeCertificate", name, `certificateId: ${certificate}.id`, line);

const resourceLine = (type: string, name: string, args: string, { user = ALICE, after = [] }: Line): string =>
  `const ${name} = new ${type}("${name}", { userId: "${user}", ${args} }, { dependsOn: [${after.join(", ")}] });`;

/** The command succeeded; returns its steps on our resources, such as `create alice`, without what stays the same. */
export function steps(outcome: Outcome): string[] {
  assert.ok(outcome.ok, outcome.output);
  return stepsOf(outcome);
}

export function stepsOf(outcome: Outcome): string[] {
  return outcome.steps
    .filter(({ type, op }) => type.includes("google-workspace-mail:") && !["same", "refresh", "read"].includes(op))
    .map(({ op, name }) => `${op} ${name}`);
}

/** Nothing changes, and the engine says so. */
export function unchanged(outcome: Outcome): void {
  assert.deepEqual(steps(outcome), []);
}

/** Waits for something that a running engine brings about in the emulator. */
export async function until(holds: () => boolean, what: string, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!holds()) {
    assert.ok(Date.now() < end, `waited ${seconds} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
