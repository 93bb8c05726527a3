/** Part (d): what one certificate costs in the state: ours, a no-op's, and one whose provider is serialised into it. */
import type { Lab } from "./lab";
import { mailboxes, projectFiles } from "./mailboxes";

const MAILBOXES = 4;

export interface StateSizes {
  /** Bytes of one SmimeCertificate, of a no-op resource with the same inputs, and of a serialised closure's. */
  readonly ours: number;
  readonly noop: number;
  readonly closure: number;
  /** Of the provider's code that each resource stores, in inputs and again in outputs. */
  readonly oursText: number;
  readonly closureText: number;
  /** Of the public certificate with its chain, which is the bulk of ours. */
  readonly pem: number;
}

interface Kept {
  readonly type: string;
  readonly outputs?: { __provider?: string; pem?: string };
}

export async function measureState(lab: Lab): Promise<StateSizes> {
  const [ours, noop, closure] = [await keptBy(lab, "ours"), await keptBy(lab, "noop"), await keptBy(lab, "closure")];
  return {
    ours: ours.bytes,
    noop: noop.bytes,
    closure: closure.bytes,
    oursText: Buffer.byteLength(ours.outputs.__provider ?? ""),
    closureText: Buffer.byteLength(closure.outputs.__provider ?? ""),
    // as JSON, with its line ends as two characters each
    pem: JSON.stringify(ours.outputs.pem ?? "").length - 2,
  };
}

/** The certificate that comes first. */
async function keptBy(lab: Lab, program: "ours" | "noop" | "closure") {
  const emulator = await lab.emulator();
  const boxes = await mailboxes(MAILBOXES, () => undefined);
  await emulator.reset(boxes.map(({ email }) => email));
  const stack = await lab.stack(program, emulator, projectFiles(boxes), { BENCH_RESOURCES: String(2 * MAILBOXES) });
  try {
    await stack.measure("up");
    for (const text of await stack.resources()) {
      const { type, outputs } = JSON.parse(text) as Kept;
      if (outputs?.__provider !== undefined && !type.includes("Default"))
        return { bytes: Buffer.byteLength(text), outputs };
    }
    throw new Error(`the state of ${program} has no certificate`);
  } finally {
    stack.dispose();
  }
}
