// One shard from its settings to what became of it.
import { CommandError, ConcurrentUpdateError, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";

export interface Outcome {
  readonly stack: string;
  readonly state: "done" | "unchanged" | "failed";
  /** Absent where it failed before they were read. */
  readonly rows?: number;
  /** Why it failed. */
  readonly reasons: readonly string[];
}

export interface How {
  readonly preview: boolean;
  /** Takes away a lock that is in the way. */
  readonly unlock: boolean;
}

/** `tell` hears how far its mailboxes are. Rejects where the CLI itself cannot be run. */
export async function runShard(stack: Stack, how: How, tell: (line: string) => void): Promise<Outcome> {
  const seen = new Seen(tell);
  try {
    await (how.preview ? stack.preview(seen.options) : stack.up(seen.options));
    return seen.outcome(stack.name, []);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (!(error instanceof ConcurrentUpdateError)) return seen.outcome(stack.name, lastLines(error));
    if (!how.unlock) return seen.outcome(stack.name, [locked(stack.name)]);
    await stack.cancel();
    return runShard(stack, { ...how, unlock: false }, tell);
  }
}

const locked = (stack: string): string =>
  `it is locked: another run is under way, or one was killed. Once none is, say: pulumi cancel --yes --stack ${stack} (or --unlock here)`;

/** What the engine tells of one run. */
class Seen {
  #rows: number | undefined;
  #hasChanges = false;
  readonly #errors: string[] = [];

  constructor(private readonly tell: (line: string) => void) {}

  readonly options = { color: "never", onEvent: (event: EngineEvent): void => this.#see(event) } as const;

  outcome(stack: string, otherwise: readonly string[]): Outcome {
    const failed = otherwise.length > 0;
    const rows = this.#rows === undefined ? {} : { rows: this.#rows };
    const state = failed ? "failed" : this.#hasChanges ? "done" : "unchanged";
    return { stack, state, ...rows, reasons: failed && this.#errors.length > 0 ? this.#errors : otherwise };
  }

  #see({ diagnosticEvent, resourcePreEvent, summaryEvent }: EngineEvent): void {
    if (diagnosticEvent) this.#hear(diagnosticEvent.severity, plain(diagnosticEvent.message));
    const rows: unknown = resourcePreEvent?.metadata.new?.inputs["rows"];
    if (typeof rows === "string") this.#rows = rows.split("\n").filter((row) => row !== "").length;
    const changes = Object.entries(summaryEvent?.resourceChanges ?? {});
    this.#hasChanges ||= changes.some(([kind, count]) => kind !== "same" && count > 0);
  }

  #hear(severity: string, message: string): void {
    if (severity === "error" && !/^(update|preview) failed$/.test(message)) this.#errors.push(message);
    if (/ of \d+ mailboxes done/.test(message)) this.tell(message);
  }
}

/** Without the engine's marks for colours, such as `<{%reset%}>`, and its heading of lists of one. */
const plain = (message: string): string =>
  message
    .replaceAll(/<\{%.*?%\}>/g, "")
    .replace(/^1 error occurred:\s+\* /, "")
    .trim();

function lastLines({ message }: Error): string[] {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-5);
}
