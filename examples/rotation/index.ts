// An address with the certificates of several years: it signs with the one that expires last, and the older ones stay, so
// that old mail can be read.
import * as pulumi from "@pulumi/pulumi";
import { SmimeIdentity } from "pulumi-google-workspace-mail";

const config = new pulumi.Config();
const password = config.requireSecret("password");
const of = (year: string) => ({ pkcs12: new pulumi.asset.FileAsset(`keys/${year}.p12`), password });

const mailbox = new SmimeIdentity("mailbox", {
  userId: config.require("userId"),
  // from then on a preview warns, until next year's line is here
  renewBeforeDays: 30,
  certificates: {
    "2026": of("2026"),
    "2027": of("2027"), // a line that goes takes its key, and the reading of mail encrypted to it, with it
  },
});

export const signsWith = mailbox.defaultName;
export const { expiration } = mailbox;
