import type * as pulumi from "@pulumi/pulumi";
import type { Args, State } from "../provider/fields";
import type { defaultSmimeCertificate } from "../provider/resources/defaultSmimeCertificate";
import { DynamicResource, type Outputs, type ProgramArgs } from "./dynamicResource";

type F = (typeof defaultSmimeCertificate)["fields"];
export type DefaultSmimeCertificateArgs = ProgramArgs<Args<F>>;

/**
 * Which S/MIME certificate an address of a Gmail mailbox signs with.
 *
 * ```ts
 * new DefaultSmimeCertificate("alice", { userId: "alice@example.com", certificateId: alice.id });
 * ```
 */
export class DefaultSmimeCertificate extends DynamicResource {
  constructor(name: string, args: DefaultSmimeCertificateArgs, options: pulumi.CustomResourceOptions = {}) {
    super("DefaultSmimeCertificate", name, args, options);
  }

  /** The default of an address, by the id `users/…/settings/sendAs/…/defaultSmimeInfo`, to read and not to manage. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    options: pulumi.CustomResourceOptions = {},
  ): DefaultSmimeCertificate {
    return new DefaultSmimeCertificate(name, undefined as never, { ...options, id });
  }
}

export interface DefaultSmimeCertificate extends Outputs<State<F>> {}
