/** Part (c): how often Google is asked for one mailbox with its certificate and default, by the emulator's log. */
import type { Lab } from "./lab";
import { mailboxes, projectFiles } from "./mailboxes";
import type { Results } from "./results";

/** All jobs are done for so many at once; what they share would show as a fraction. */
const MAILBOXES = 10;

export async function countRequests(lab: Lab): Promise<Results["requests"]> {
  const emulator = await lab.emulator();
  const tell = (done: number): void => lab.tell(`minted ${String(done)} certificates`);
  const boxes = await mailboxes(MAILBOXES, tell);
  const renewed = await mailboxes(MAILBOXES, tell, 2);
  await emulator.reset(boxes.map(({ email }) => email));
  const stack = await lab.stack("ours", emulator, projectFiles(boxes), { BENCH_RESOURCES: String(2 * MAILBOXES) });
  const asked = async (verb: "up" | "refresh"): Promise<number> => {
    await stack.measure(verb);
    return (await emulator.takeRequests()).length / MAILBOXES;
  };
  try {
    const [create, noop, refresh] = [await asked("up"), await asked("up"), await asked("refresh")];
    stack.writeFiles(projectFiles(renewed));
    return { create, refresh, noop, rotate: await asked("up") };
  } finally {
    stack.dispose();
  }
}
