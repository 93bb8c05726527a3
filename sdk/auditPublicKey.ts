import type * as pulumi from "@pulumi/pulumi";
import type { Args, State } from "../provider/fields";
import type { auditPublicKey } from "../provider/resources/auditPublicKey";
import { DynamicResource, type Outputs, type ProgramArgs } from "./dynamicResource";

type F = (typeof auditPublicKey)["fields"];
export type AuditPublicKeyArgs = ProgramArgs<Args<F>>;

/**
 * The OpenPGP public key that encrypts a domain's Email Audit mailbox exports. Google has no read and no delete for it.
 *
 * ```ts
 * new AuditPublicKey("audit", { domain: "example.com", publicKey: new pulumi.asset.FileAsset("audit.asc") });
 * ```
 */
export class AuditPublicKey extends DynamicResource {
  constructor(name: string, args: AuditPublicKeyArgs, options: pulumi.CustomResourceOptions = {}) {
    super("AuditPublicKey", name, args, options);
  }
}

export interface AuditPublicKey extends Outputs<State<F>> {}
