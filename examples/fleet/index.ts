// The certificates of a whole list of mailboxes: a row of mailboxes.csv is a certificate, a changed file is one more, and a
// row that goes takes its key with it.
import { readFleet, SmimeFleet } from "pulumi-google-workspace-mail";

const fleet = new SmimeFleet("domain", {
  ...readFleet("mailboxes.csv"),
  // from then on a preview warns of a row, until its file is a new one
  renewBeforeDays: 30,
  // a CSV that lost rows is refused; to remove some, write here how many
  maxDeletes: 0,
});

/** On these addresses, and in no row: left alone. */
export const { unmanaged } = fleet;
