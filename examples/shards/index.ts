// One stack's part of the CSV: the rows of those users who are in this shard.
import * as pulumi from "@pulumi/pulumi";
import { readFleet, SmimeFleet } from "pulumi-google-workspace-mail";

const config = new pulumi.Config();
const part = { shard: config.requireNumber("shard"), of: config.requireNumber("of") };
const maxDeletes = config.getNumber("maxDeletes") ?? 0;

const fleet = new SmimeFleet("domain", {
  ...readFleet(config.get("csv") ?? "mailboxes.csv", part),
  // while users move between stacks, what leaves one stays in Gmail, where the other adopts it
  ...(config.getBoolean("moving") ? { onDelete: "retain", maxDeletes: 1_000_000 } : { maxDeletes }),
});

/** On these addresses, and in no row: left alone. */
export const { unmanaged } = fleet;
