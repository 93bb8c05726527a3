import type * as pulumi from "@pulumi/pulumi";
import type { Args, State } from "../provider/fields";
import type { smimeCertificate } from "../provider/resources/smimeCertificate";
import { DynamicResource, type Outputs, type ProgramArgs } from "./dynamicResource";

type F = (typeof smimeCertificate)["fields"];
export type SmimeCertificateArgs = ProgramArgs<Args<F>>;

/**
 * One S/MIME certificate, with its private key, on one address of a Gmail mailbox.
 *
 * ```ts
 * const alice = new SmimeCertificate("alice", {
 *   userId: "alice@example.com",
 *   pkcs12: new pulumi.asset.FileAsset("keys/alice.p12"),
 *   password: config.requireSecret("alicePassword"),
 * });
 * ```
 */
export class SmimeCertificate extends DynamicResource {
  constructor(name: string, args: SmimeCertificateArgs, options: pulumi.CustomResourceOptions = {}) {
    super("SmimeCertificate", name, args, options);
  }

  /** A certificate already in Gmail, by its id `users/…/settings/sendAs/…/smimeInfo/…`, to read and not to manage. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, options: pulumi.CustomResourceOptions = {}): SmimeCertificate {
    return new SmimeCertificate(name, undefined as never, { ...options, id });
  }
}

export interface SmimeCertificate extends Outputs<State<F>> {}
