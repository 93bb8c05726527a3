/** What `--json` writes. Other programs read it: names and shapes stay. Ratios and counts only, never seconds. */

/** By the number of resources. */
export type BySize = Record<string, number>;

export interface Results {
  /** Ours over the no-op resource of the same count: wall time of the first up. */
  upRatio: BySize;
  /** The same of the CPU time of engine, program and provider together. */
  upCpuRatio: BySize;
  /** Wall time of an up that changes nothing. */
  noopRatio: BySize;
  /** Wall time of a refresh. */
  refreshRatio: BySize;
  /** Users a second over those of Google's own sample. */
  vsSample: { resources: number; fleet: number };
  /** HTTP requests for one mailbox with its certificate and its default, those for tokens included. */
  requests: { create: number; refresh: number; noop: number; rotate: number };
  /** Of one SmimeCertificate in the state, with all that Pulumi writes for any resource. */
  stateBytes: number;
  /** Of the code that a resource stores. */
  providerTextBytes: number;
  /** The time of our up grows with this power of the number of resources; null where there was one size only. */
  growthExponent: number | null;
  /** Preview of an unchanged fleet over the preview of an empty stack, wall time. */
  fleetPreviewRatio: number;
  /** Of the whole state of the fleet's stack, less an empty stack's. */
  fleetStateBytesPerRow: number;
  /** The most memory that the provider's process ever had during the fleet's first up, in MiB. */
  providerRssMb: number;
}
