/** What can be configured, a row a setting: its default, and the JSON schema by which the engine checks what is written. */

export interface Settings {
  readonly minimumDays: number;
  readonly minimumRsaBits: number;
  readonly minimumAuditBits: number;
  readonly allowedCurves: readonly string[];
  readonly issuers: readonly string[];
  readonly domains: readonly string[];
  readonly maxDeletes: number;
}

export const defaults: Settings = {
  minimumDays: 14,
  minimumRsaBits: 2048,
  minimumAuditBits: 2048,
  allowedCurves: ["P-256", "P-384"],
  issuers: [],
  domains: [],
  maxDeletes: 0,
};

interface Schema {
  readonly type: "integer" | "array";
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: { readonly type: "string"; readonly enum?: string[]; readonly pattern?: string };
  readonly description: string;
}

const name = { type: "string" } as const;
/** Another name would allow nothing at all: so the engine refuses it, and says these. */
const curve = { ...name, enum: ["P-256", "P-384", "P-521", "Ed25519", "Ed448"] };
/** No address and no pattern; an `@` before it is passed over. */
const domain = { ...name, pattern: "^@?[^@*/\\s]+$" };

export const schemas: Readonly<Record<keyof Settings, Schema>> = {
  minimumDays: {
    type: "integer",
    minimum: 0,
    maximum: 825,
    description: "Days that a certificate must still be valid.",
  },
  minimumRsaBits: { type: "integer", minimum: 1024, description: "Of RSA keys in certificates." },
  minimumAuditBits: { type: "integer", minimum: 1024, description: "Of the Email Audit OpenPGP key." },
  allowedCurves: { type: "array", items: curve, description: "Of EC keys in certificates. None: RSA keys only." },
  issuers: { type: "array", items: name, description: "Common names of the issuers of leaf certificates. None: any." },
  domains: {
    type: "array",
    items: domain,
    description: "Domains of mailboxes, addresses and audit keys, each by its name. None: any.",
  },
  maxDeletes: { type: "integer", minimum: 0, description: "The highest maxDeletes that a fleet may have." },
};
