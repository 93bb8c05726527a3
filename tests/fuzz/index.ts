/** The registry of targets, in the order of the table. */
import { audit } from "./audit";
import { check } from "./check";
import { fleet } from "./fleet";
import { gmail } from "./gmail";
import { importId } from "./importId";
import { openpgp } from "./openpgp";
import { pem } from "./pem";
import { pkcs12 } from "./pkcs12";
import { state } from "./state";
import type { Target } from "./target";
import { token } from "./token";
import { x509 } from "./x509";

/** What a target's cases look like is its own affair. */
export const targets = [
  pkcs12,
  pem,
  x509,
  openpgp,
  audit,
  gmail,
  token,
  importId,
  check,
  state,
  fleet,
] as unknown as readonly Target<never>[];
