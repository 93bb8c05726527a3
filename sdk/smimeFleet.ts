import type * as pulumi from "@pulumi/pulumi";
import type { Args, State } from "../provider/fields";
import type { smimeFleet } from "../provider/resources/smimeFleet";
import { DynamicResource, type Outputs, type ProgramArgs } from "./dynamicResource";

type F = (typeof smimeFleet)["fields"];
export type SmimeFleetArgs = ProgramArgs<Args<F>>;

/**
 * S/MIME certificates for a whole list of mailboxes, as one resource: a row of a CSV is a certificate, and each address signs
 * with the one of its rows that expires last.
 *
 * ```ts
 * new SmimeFleet("domain", { ...readFleet("mailboxes.csv") });
 * ```
 */
export class SmimeFleet extends DynamicResource {
  constructor(name: string, args: SmimeFleetArgs, options: pulumi.CustomResourceOptions = {}) {
    super("SmimeFleet", name, args, options);
  }
}

export interface SmimeFleet extends Outputs<State<F>> {}
