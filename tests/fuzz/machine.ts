/** The real clients on a clock of their own: waits cost nothing. */
import { servicesFor } from "../../provider/config";
import type { Services } from "../../provider/resources/services";
import type { SettingName } from "../../provider/settings";
import { ADAPTERS, openSession, type Session } from "../sessions";
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

/** A session of each adapter at this endpoint, with a ready token; no list answers for a second question. */
export async function sessionsAt(endpoint: string): Promise<{ sessions: Session[]; messages: string[] }> {
  const messages: string[] = [];
  let time = 0;
  const world = {
    config: { accessToken: "ya29.token-of-the-test", endpoint },
    environment: { HOME: "/nonexistent" },
    now: () => NOW,
    elapsed: () => (time += 11_000),
    sleep: () => Promise.resolve(),
    fetch: globalThis.fetch,
    log: (_severity: string, message: string) => void messages.push(message),
  };
  const sessions: Session[] = [];
  for (const adapter of ADAPTERS) sessions.push(await openSession[adapter](world));
  return { sessions, messages };
}
