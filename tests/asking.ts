/** Questions to the provider, through each of the two ways in which a program can ask: itself, and by way of the plugin. */
import { ProgramFunctions } from "../provider/adapters/program";
import { servicesFor } from "../provider/config";
import { list as listResource, type ListResult } from "../provider/list";
import { resourceOf } from "../provider/resources";
import type { Services } from "../provider/resources/services";
import type { SettingName } from "../provider/settings";
import { InvokeRequest, type InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PluginSession, type Properties } from "./sessions";
import { ADMIN, NOW, type World } from "./world";

export type Config = Partial<Record<SettingName, string>>;
/** Rejects with what is wrong. */
export type Ask = (world: World, token: string, args: Properties, config?: Config) => Promise<Properties>;

export const ASKING: Readonly<Record<"program" | "plugin", Ask>> = { program: askProgram, plugin: askPlugin };

export const keyFile = (world: World): Config => ({ credentials: JSON.stringify(world.emulator.keyFile) });

function askProgram(world: World, token: string, args: Properties, config = keyFile(world)): Promise<Properties> {
  const { setting, log, ...rest } = machine(world, config);
  return new ProgramFunctions(rest).call(token, args, { setting, log });
}

async function askPlugin(world: World, token: string, args: Properties, config = keyFile(world)): Promise<Properties> {
  const { setting: _setting, random: _random, ...rest } = machine(world, config);
  const session = await PluginSession.open({ ...rest, config: settingsOf(world, config) });
  try {
    const request = new InvokeRequest().setTok(`google-workspace-mail:index:${token}`);
    const response = await session.call<InvokeResponse>(
      "invoke",
      request.setArgs(Struct.fromJavaScript(args as never)),
    );
    return response.getReturn()?.toJavaScript() ?? {};
  } finally {
    session.close();
  }
}

/** What a resource's listing finds, or what is wrong with the query. */
export function list(
  world: World,
  token: string,
  query: Properties,
  { limit = 0, services = servicesOf(world) }: { limit?: number; services?: Services } = {},
): Promise<ListResult> {
  return listResource(resourceOf(token), query, limit, services);
}

export const servicesOf = (world: World, config = keyFile(world)): Services => servicesFor(machine(world, config));

const settingsOf = ({ emulator }: World, config: Config): Config => ({
  endpoint: emulator.url,
  adminEmail: ADMIN,
  ...config,
});

/** Waits cost nothing. */
function machine(world: World, config: Config) {
  let time = 0;
  const settings = settingsOf(world, config);
  return {
    environment: { GOOGLE_WORKSPACE_MAIL_NOW: NOW },
    now: () => new Date(),
    elapsed: () => time,
    random: () => 0.5,
    sleep: (milliseconds: number) => Promise.resolve(void (time += milliseconds)),
    fetch: globalThis.fetch,
    setting: (name: SettingName) => settings[name],
    log: () => undefined,
  };
}
