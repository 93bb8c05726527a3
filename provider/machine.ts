/** What varies, as it is on this machine: the environment, time, chance and the network. Who logs is the caller's to say. */
import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "./config";

export const machine: Omit<World, "setting" | "log"> = {
  environment: process.env,
  now: () => new Date(),
  elapsed: () => performance.now(),
  random: Math.random,
  sleep: (milliseconds) => sleep(milliseconds),
  fetch: globalThis.fetch,
};
