/**
 * What the classes share: a CustomResource whose provider is one constant text. Pulumi's own dynamic.Resource would copy
 * the provider's code into the state of every resource; this text only names it (facts pulumi, "Dynamic providers").
 */
import * as pulumi from "@pulumi/pulumi";
import type { Fields } from "../provider/fields";
import { resources, type Token } from "../provider/resources";

/** The stored text. Refresh and delete run the text of the *state*, so it must keep working for ever: never change it. */
export const providerText = (token: Token): string =>
  `exports.handler=()=>require("pulumi-google-workspace-mail/provider").dynamicProvider("${token}")`;

/** What a program writes: as the rows say, with outputs of other resources anywhere. */
type Wrapped<T> = { [K in keyof T]: pulumi.Input<InPulumi<T[K]>> };
type InPulumi<T> = T extends { readonly asset: unknown }
  ? pulumi.asset.Asset
  : T extends readonly (infer I)[]
    ? pulumi.Input<Item<I>>[]
    : T;
type Item<T> = T extends object ? { [K in keyof T]: pulumi.Input<T[K]> } : T;
export type ProgramArgs<T> = Wrapped<T>;

/** What a resource shows: every row of the state as an output. */
export type Outputs<T> = { readonly [K in keyof T]-?: pulumi.Output<Mutable<Exclude<T[K], undefined>>> };
type Mutable<T> = T extends readonly (infer I)[] ? I[] : T;

export class DynamicResource extends pulumi.CustomResource {
  protected constructor(token: Token, name: string, args: object | undefined, options: pulumi.CustomResourceOptions) {
    const fields: Fields = resources[token].fields;
    const properties: Record<string, unknown> = { [`__provider`]: providerText(token) };
    for (const [property, field] of Object.entries(fields)) {
      const value = (args as Record<string, unknown> | undefined)?.[property];
      // each property costs Pulumi some sixty promises: none for what is neither written nor shown
      if (value === undefined && !field.output) continue;
      properties[property] = field.secret && value !== undefined ? pulumi.secret(value) : value;
    }
    for (const stranger of Object.keys(args ?? {}))
      properties[stranger] ??= (args as Record<string, unknown>)[stranger];
    // as the plugin's classes carry an alias of these: another name would be a delete, and Gmail's keys do not come back
    const plugins = { aliases: [{ type: `google-workspace-mail:index:${token}` }] };
    const type = `pulumi-nodejs:dynamic/google-workspace-mail:${token}`;
    super(type, name, properties, pulumi.mergeOptions(options, plugins));
  }
}
