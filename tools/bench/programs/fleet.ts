// One resource for the whole CSV.
import { readFleet, SmimeFleet } from "pulumi-google-workspace-mail";

new SmimeFleet("domain", { ...readFleet("rows.csv") });
