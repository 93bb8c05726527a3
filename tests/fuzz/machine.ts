/** The real clients on a clock of their own: waits cost nothing. */
import { servicesFor } from "../../provider/config";
import type { Services } from "../../provider/resources/services";
import type { SettingName } from "../../provider/settings";
import { NOW } from "./material";

export type Config = Partial<Record<SettingName, string>>;

export interface Machine {
  readonly services: Services;
  /** What was said beside errors. */
  readonly messages: string[];
  /** Milliseconds waited since the start. */
  readonly waited: () => number;
}

export function machineWith(config: Config): Machine {
  let time = 0;
  const messages: string[] = [];
  const services = servicesFor({
    environment: { HOME: "/nonexistent" },
    now: () => NOW,
    elapsed: () => time,
    random: () => 0.5,
    sleep: (milliseconds) => Promise.resolve(void (time += milliseconds)),
    fetch: globalThis.fetch,
    setting: (name) => config[name],
    log: (_severity, message) => void messages.push(message),
    onWait: (line) => void messages.push(line),
  });
  return { services, messages, waited: () => time };
}
