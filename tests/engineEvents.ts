// What the engine tells in its events, beyond steps and messages: properties to come, differences, and status lines.
import type { Outcome } from "./engineProcess";

type Properties = Readonly<Record<string, unknown>>;

/** The part of the engine's event format that is read here (sdk/go/common/apitype/events.go). */
interface EngineEvent {
  resOutputsEvent?: { metadata: Metadata };
  resourcePreEvent?: { metadata: Metadata };
  diagnosticEvent?: { urn?: string; message: string; ephemeral?: boolean };
}

interface Metadata {
  op: string;
  urn: string;
  old: { outputs?: Properties } | null;
  new: { outputs?: Properties } | null;
  detailedDiff: Record<string, { diffKind: string; inputDiff: boolean }> | null;
}

const isNamed = (urn: string | undefined, name: string): boolean => urn?.endsWith(`::${name}`) === true;

/** Of a resource, or of the stack (`test-test`), after the operation; in a preview, what is known of that. */
export function outputsAfter({ events }: Outcome, name: string): Properties {
  const all = (events as EngineEvent[]).flatMap(({ resOutputsEvent }) => resOutputsEvent?.metadata ?? []);
  return all.findLast(({ urn, new: made }) => isNamed(urn, name) && made)?.new?.outputs ?? {};
}

/** Of a resource, before the operation's step on it. */
export function outputsBefore({ events }: Outcome, name: string): Properties {
  const all = (events as EngineEvent[]).flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  return all.findLast(({ urn, old }) => isNamed(urn, name) && old)?.old?.outputs ?? {};
}

/** The differences that the engine was told of, by property, of the last step on this resource that has some. */
export function differencesOf({ events }: Outcome, name: string): Record<string, string> {
  const all = (events as EngineEvent[]).flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? []);
  const step = all.findLast(({ urn, detailedDiff }) => isNamed(urn, name) && detailedDiff);
  return Object.fromEntries(Object.entries(step?.detailedDiff ?? {}).map(([path, { diffKind }]) => [path, diffKind]));
}

/** What was shown beside this resource for a while, and not kept. */
export function statusLines({ events }: Outcome, name: string): string[] {
  const all = (events as EngineEvent[]).flatMap(({ diagnosticEvent }) => diagnosticEvent ?? []);
  return all.filter(({ urn, ephemeral }) => ephemeral && isNamed(urn, name)).map(({ message }) => message);
}
