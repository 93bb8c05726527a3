/**
 * The functions, for programs: plain async ones that ask Google, or read a key file, while the program runs. What they
 * need is loaded by the first call, so that a program that calls none loads none of it.
 */
import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import type { Args, Asset, Result } from "../provider/fields";
import type { functions } from "../provider/functions";

type Functions = typeof functions;
type ArgsOf<T extends keyof Functions> = InPulumi<Args<Functions[T]["args"]>>;
type InPulumi<T> = {
  readonly [K in keyof T]: T[K] extends infer V ? (V extends Asset ? pulumi.asset.Asset : V) : never;
};

export interface GetSmimeCertificatesArgs extends ArgsOf<"getSmimeCertificates"> {}
export interface GetSmimeCertificatesResult extends Result<Functions["getSmimeCertificates"]["result"]> {}

/** The S/MIME certificates on one address of a mailbox, the first to expire first. Rejects with what is wrong. */
export const getSmimeCertificates = (args: GetSmimeCertificatesArgs): Promise<GetSmimeCertificatesResult> =>
  ask("getSmimeCertificates", args);

export interface GetSendAsAddressesArgs extends ArgsOf<"getSendAsAddresses"> {}
export interface GetSendAsAddressesResult extends Result<Functions["getSendAsAddresses"]["result"]> {}

/** The addresses that a mailbox may send from, its own first. Rejects with what is wrong. */
export const getSendAsAddresses = (args: GetSendAsAddressesArgs): Promise<GetSendAsAddressesResult> =>
  ask("getSendAsAddresses", args);

export interface InspectPkcs12Args extends ArgsOf<"inspectPkcs12"> {}
export interface InspectPkcs12Result extends Result<Functions["inspectPkcs12"]["result"]> {}

/** What is in a PKCS#12 file, and what a preview would say of it. Sends nothing; a file that is no good is no rejection. */
export const inspectPkcs12 = (args: InspectPkcs12Args): Promise<InspectPkcs12Result> => ask("inspectPkcs12", args);

export interface InspectPublicKeyArgs extends ArgsOf<"inspectPublicKey"> {}
export interface InspectPublicKeyResult extends Result<Functions["inspectPublicKey"]["result"]> {}

/** What an OpenPGP key is, and what a preview would say of it. Sends nothing; a key that is no good is no rejection. */
export const inspectPublicKey = (args: InspectPublicKeyArgs): Promise<InspectPublicKeyResult> =>
  ask("inspectPublicKey", args);

export interface GetCallerIdentityArgs extends ArgsOf<"getCallerIdentity"> {}
export interface GetCallerIdentityResult extends Result<Functions["getCallerIdentity"]["result"]> {}

/** Which credential is in use, for whom, and what is missing. A refusal of Google's is a finding, no rejection. */
export const getCallerIdentity = (args: GetCallerIdentityArgs = {}): Promise<GetCallerIdentityResult> =>
  ask("getCallerIdentity", args);

/** `import()` of an own file would want another module system than the one in which programs run. */
const load = createRequire(__filename);

async function ask<R>(token: keyof Functions, args: object): Promise<R> {
  const { programFunctions } = load("../provider") as typeof import("../provider");
  const parts = Object.entries(args).map(async ([name, value]) => [name, await fromPulumi(value)] as const);
  const settings = new pulumi.Config("google-workspace-mail");
  return (await programFunctions.call(token, Object.fromEntries(await Promise.all(parts)), {
    setting: (name) => settings.get(name),
    log: (severity, message) => void (severity === "warning" ? pulumi.log.warn(message) : pulumi.log.info(message)),
  })) as R;
}

/** An Asset as the provider sees it; anything else as it is. */
async function fromPulumi(value: unknown): Promise<unknown> {
  if (!pulumi.asset.Asset.isInstance(value)) return value;
  const { path, text, uri } = value as Partial<
    pulumi.asset.FileAsset & pulumi.asset.StringAsset & { uri: Promise<string> }
  >;
  if (path !== undefined) return { asset: { path: await path } };
  return { asset: text === undefined ? { uri: await uri } : { text: await text } };
}
