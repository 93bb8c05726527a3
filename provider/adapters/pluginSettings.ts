/** The plugin's configuration: the same settings as config.ts has, handed over by the engine instead of looked up. */
import { servicesFor, type World } from "../config";
import { settingsFields, type SettingName } from "../settings";
import { UNKNOWN, type Failure, type Values } from "../fields";
import { MailKeyError } from "../mailKeyError";

/** What the engine adds to every provider's configuration. */
const ENGINES_OWN = ["version", "pluginDownloadURL", "__internal"];

export const SECRET_SETTINGS: ReadonlySet<string> = new Set(
  Object.entries(settingsFields).flatMap(([name, { secret }]) => (secret ? [name] : [])),
);

export const settingOf =
  (settings: Values): World["setting"] =>
  (name: SettingName) => {
    const value = settings[name];
    return typeof value === "string" ? value : undefined;
  };

/** Everything that is wrong, before any resource is touched; no request. */
export function settingsFailures(settings: Values, world: Omit<World, "setting">): Failure[] {
  const known = Object.keys(settingsFields);
  const failures: Failure[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (ENGINES_OWN.includes(name)) continue;
    // the engine prints the value of the property that a failure names, and a misspelt one may be a secret
    if (!known.includes(name)) fail(`${name} is not a setting of this provider. It takes ${known.join(", ")}.`);
    else if (typeof value !== "string" && value !== UNKNOWN && value !== null) fail(`${name} must be a string.`);
  }
  if (failures.length > 0 || Object.values(settings).includes(UNKNOWN)) return failures;
  try {
    servicesFor({ ...world, setting: settingOf(settings), log: () => undefined });
  } catch (error) {
    if (!(error instanceof MailKeyError)) throw error;
    fail(error.message);
  }
  return failures;

  function fail(reason: string): void {
    failures.push({ field: "", reason });
  }
}
