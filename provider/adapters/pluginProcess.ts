/**
 * What the plugin's process gives away of itself where something goes badly wrong: nothing that a secret may be in. Node.js
 * would print an uncaught error with all that it holds, and writes the environment into diagnostic reports.
 */
import { settingsFields } from "../settings";

/** Beside our own variables: what Pulumi passes on to every plugin, PULUMI_CONFIG with the stack's secret settings in clear. */
const PULUMIS = ["PULUMI_CONFIG", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"];

/**
 * Returns the environment, and takes out of the process what is a secret in it, so that no report has it.
 * /proc/PID/environ keeps what the process was started with, for its own user.
 */
export function takeEnvironment(process: NodeJS.Process): Readonly<Record<string, string | undefined>> {
  const environment = { ...process.env };
  const rows = Object.values(settingsFields).filter(({ secret }) => secret);
  for (const name of [...rows.flatMap((row) => row.environment), ...PULUMIS]) delete process.env[name];
  // Node.js 22.13 and newer: the rest of the environment stays out of reports too
  Object.assign(process.report, { excludeEnv: true });
  return environment;
}

/** Ends the process as Node.js does, but says only the kind of error and where it was thrown: words may quote a secret. */
export function endQuietly(process: NodeJS.Process): void {
  process.on("uncaughtException", (error: unknown) => {
    process.stderr.write(
      `google-workspace-mail ended by an unexpected ${kindOf(error)}. This is a defect: please report it.\n`,
      () => process.exit(1),
    );
  });
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^ +at [^"'`]{1,300}:\d+:\d+\)?$/.test(line));
  return [error.constructor.name, ...frames].join("\n");
}
