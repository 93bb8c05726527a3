// What a stack's state says of its resources, by their names.
import type { Stack } from "./engine";

export interface KeptResource {
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** Of one that was partly made: why. */
  readonly initErrors?: readonly string[];
}

/** Secrets are encrypted in it. */
export async function propertiesOf(stack: Stack): Promise<Record<string, KeptResource>> {
  const { deployment } = (await stack.exportState()) as {
    deployment: { resources?: (KeptResource & { urn: string })[] };
  };
  const named = (deployment.resources ?? []).map(({ urn, ...kept }) => [urn.slice(urn.lastIndexOf("::") + 2), kept]);
  return Object.fromEntries(named) as Record<string, KeptResource>;
}
