/** Part (f): a whole domain as one fleet: its preview when nothing has changed, its state and its memory. */
import type { Lab } from "./lab";
import { mailboxes, PASSWORD_VARIABLE, projectFiles } from "./mailboxes";
import { uploaded } from "./floor";
import type { Results } from "./results";
import { median, rounded } from "./statistics";

/** In turns, as chance has its share. */
const PAIRS = 5;

export type Fleet = Pick<Results, "fleetPreviewRatio" | "fleetStateBytesPerRow" | "providerRssMb">;

export async function measureFleet(lab: Lab, rows: number): Promise<Fleet> {
  const emulator = await lab.emulator();
  const boxes = await mailboxes(rows, (done) => {
    if (done % 1000 === 0) lab.tell(`minted ${String(done)} certificates, once`);
  });
  await emulator.reset(boxes.map(({ email }) => email));
  const fleet = await lab.stack("fleet", emulator, projectFiles(boxes, `env:${PASSWORD_VARIABLE}`));
  const empty = await lab.stack("empty", emulator);
  await empty.measure("up");
  const up = await fleet.measure("up");
  const { certificates, defaults } = await uploaded(emulator);
  if (certificates !== rows || defaults !== rows) throw new Error(`${String(certificates)} certificates were set`);
  lab.tell(`the fleet of ${String(rows)} is up; its previews follow`);
  const ratios: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const floor = await empty.measure("preview", ["--expect-no-changes"]);
    ratios.push((await fleet.measure("preview", ["--expect-no-changes"])).wall / floor.wall);
  }
  const size = async (stack: typeof fleet): Promise<number> => Buffer.byteLength((await stack.resources()).join());
  const bytes = (await size(fleet)) - (await size(empty));
  fleet.dispose();
  empty.dispose();
  return {
    fleetPreviewRatio: rounded(median(ratios)),
    fleetStateBytesPerRow: rounded(bytes / rows, 0),
    providerRssMb: rounded(up.providerRss, 0),
  };
}
