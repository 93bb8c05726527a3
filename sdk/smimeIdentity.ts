import type * as pulumi from "@pulumi/pulumi";
import { DefaultSmimeCertificate } from "./defaultSmimeCertificate";
import { Identity, type SmimeIdentityArgs } from "./identity";
import { SmimeCertificate } from "./smimeCertificate";

/**
 * An address with several certificates by name, which signs with the one that expires last; the others stay, so that old
 * mail can be read.
 *
 * ```ts
 * new SmimeIdentity("bob", {
 *   userId: "bob@example.com",
 *   certificates: {
 *     "2026": { pkcs12: new pulumi.asset.FileAsset("keys/bob-2026.p12"), password },
 *     "2027": { pkcs12: new pulumi.asset.FileAsset("keys/bob-2027.p12"), password },
 *   },
 * });
 * ```
 */
export class SmimeIdentity<N extends string = string> extends Identity<N, SmimeCertificate, DefaultSmimeCertificate> {
  constructor(name: string, args: SmimeIdentityArgs<N>, options: pulumi.ComponentResourceOptions = {}) {
    super({ SmimeCertificate, DefaultSmimeCertificate }, name, args, options);
  }
}
