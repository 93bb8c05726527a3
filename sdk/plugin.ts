/** What a program imports that uses the plugin: the generated classes and functions, and the component over them. */
import type * as pulumi from "@pulumi/pulumi";
import { Identity, type SmimeIdentityArgs } from "./identity";
import * as mail from "./nodejs";

export * from "./nodejs";
export type { SmimeIdentityArgs, SmimeIdentityCertificate } from "./identity";

/** See SmimeIdentity of the package's root: the same, over the plugin's classes. */
export class SmimeIdentity<N extends string = string> extends Identity<
  N,
  mail.SmimeCertificate,
  mail.DefaultSmimeCertificate
> {
  constructor(name: string, args: SmimeIdentityArgs<N>, options: pulumi.ComponentResourceOptions = {}) {
    super(mail, name, args, options);
  }
}
