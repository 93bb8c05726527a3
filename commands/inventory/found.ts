/** What Gmail holds, as the provider saw it while the engine read the stack's mailboxes (provider/google/observer.ts). */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OBSERVED, type CheckedLeaf, type Observation, type Told } from "../../provider/google/observer";
import { factsOf } from "../../provider/resources/observed";

export interface FoundCertificate {
  readonly certificateId: string;
  readonly isDefault: boolean;
  /** Absent where Gmail returned no certificate that can be read. */
  readonly facts?: NonNullable<ReturnType<typeof factsOf>>;
}

/** One address as it was seen last. */
export interface FoundAddress {
  readonly userId: string;
  readonly sendAsEmail: string;
  readonly at: string;
  /** Undefined: Gmail knows no such address, or it could not be looked at, for `reason`. */
  readonly certificates?: readonly FoundCertificate[];
  readonly reason?: string;
}

export interface Found {
  readonly addresses: readonly FoundAddress[];
  /** Mailboxes whose other addresses could not be asked for, and why. */
  readonly unasked: readonly { readonly userId: string; readonly reason: string }[];
  /** What Check has read in the program's key files, by fingerprint. */
  readonly leaves: ReadonlyMap<string, CheckedLeaf>;
  /** The provider's clock when it saw the last of them, RFC 3339; absent where nothing was seen. */
  readonly at?: string;
}

/** Runs `work` with the variable set that makes the provider write down what it sees, and reads that. */
export async function observing<T>(
  work: (environment: Record<string, string>) => Promise<T>,
): Promise<{ readonly result: T; readonly found: Found }> {
  const folder = await mkdtemp(join(tmpdir(), "google-workspace-mail-"));
  try {
    const file = join(folder, "observed.jsonl");
    await writeFile(file, "", { mode: 0o600 });
    const result = await work({ [OBSERVED]: file });
    return { result, found: parseFound(await readFile(file, "utf8")) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function parseFound(text: string): Found {
  const lines = text.split("\n").filter((line) => line !== "");
  const told = lines.flatMap(toldIn);
  const leaves = new Map(told.flatMap((one) => ("leaf" in one ? [[one.leaf.fingerprint, one.leaf] as const] : [])));
  const all = told.flatMap((one) => ("leaf" in one ? [] : [one]));
  const addresses = new Map<string, FoundAddress>();
  const unasked = new Map<string, string>();
  for (const { userId, sendAsEmail, at, certificates, reason } of all) {
    if (sendAsEmail === undefined) unasked.set(userId, reason ?? "");
    else
      addresses.set(`${userId} ${sendAsEmail}`, {
        userId,
        sendAsEmail,
        at,
        ...(certificates && { certificates: certificates.map(certificateOf) }),
        ...(reason !== undefined && { reason }),
      });
  }
  const at = all.at(-1)?.at;
  return {
    addresses: [...addresses.values()],
    unasked: [...unasked].map(([userId, reason]) => ({ userId, reason })),
    leaves,
    ...(at !== undefined && { at }),
  };
}

/** A provider that was killed may leave its last line half written: that address then counts as not looked at. */
function toldIn(line: string): Told[] {
  try {
    return [JSON.parse(line) as Told];
  } catch {
    return [];
  }
}

function certificateOf({ id, isDefault, pem }: NonNullable<Observation["certificates"]>[number]): FoundCertificate {
  const facts = factsOf(pem);
  return { certificateId: id, isDefault, ...(facts && { facts }) };
}
