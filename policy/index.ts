// The policy pack's entry: `pulumi preview --policy-pack policy` loads this file.
import { startPack } from "./pack";
import { rules } from "./rules";

// The provider's own variable, so that a rehearsal of a later day has one clock.
const { GOOGLE_WORKSPACE_MAIL_NOW: pretended } = process.env;

startPack(rules, () => (pretended === undefined ? new Date() : new Date(pretended)));
