/** The registry of targets, in the order of the table. */
import { openpgp } from "./openpgp";
import { pem } from "./pem";
import { pkcs12 } from "./pkcs12";
import type { Target } from "./target";
import { x509 } from "./x509";

/** What a target's cases look like is its own affair. */
export const targets: readonly Target<never>[] = [pkcs12, pem, x509, openpgp] as unknown as Target<never>[];
