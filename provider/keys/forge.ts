// The door to node-forge, its parts loaded when first used: a program that only declares a certificate loads none.
import type forge from "node-forge";

export type ForgeAsn1 = forge.asn1.Asn1;
/** As in node-forge 1.4's lib/asn1.js; its published types lag behind. */
type FromDer = (
  bytes: string,
  options: { strict: boolean; parseAllBytes: boolean; decodeBitStrings: boolean; maxDepth: number },
) => ForgeAsn1;

/* eslint-disable @typescript-eslint/no-require-imports -- callers are synchronous, and import() is not */

/** 5 ms to load, the whole library 23 ms. */
export const fromDer: FromDer = (bytes, options) =>
  (require("node-forge/lib/asn1") as { fromDer: FromDer }).fromDer(bytes, options);

export const rc2 = (): typeof forge.rc2 => require("node-forge/lib/rc2") as typeof forge.rc2;

export const createBuffer = (bytes: string): forge.util.ByteBuffer =>
  (require("node-forge/lib/util") as typeof forge.util).createBuffer(bytes);
