/**
 * What the schema says of each resource and function after its example: how it is imported, and the errors worth knowing.
 * tests/docsPages.spec.ts holds what is quoted here against the sources, and the ids against what read takes.
 */
import type { functions } from "../functions";
import type { Token } from "../resources";

interface ErrorNote {
  /** What is said, word for word; `…` stands for what varies. */
  readonly said: string;
  /** What is behind it, and what to do. */
  readonly why: string;
}

interface Imported {
  readonly id: string;
  /** An example's name in the program. */
  readonly name: string;
  readonly then: string;
}

interface Note {
  /** The id that import takes, or why there is none. */
  readonly import?: Imported | { readonly none: string };
  readonly errors: readonly ErrorNote[];
}

const WRONG_MAILBOX = {
  said: "Gmail has no such address or certificate.",
  why: "`sendAsEmail` must be an address that this mailbox may send from; getSendAsAddresses lists them.",
};
const FEATURE_OFF = {
  said: "Hosted S/MIME is probably off for this user's organisational unit",
  why: "Google answered `Feature not enabled`: look at the switch in the Admin console, and at the user's licence.",
};
const NOT_DELEGATED = {
  said: "The service account is not authorised for this scope.",
  why: "The scope is not in the Admin console's domain-wide delegation, or was added a moment ago: wait some minutes.",
};

export const resourceNotes: Readonly<Record<Token, Note>> = {
  SmimeCertificate: {
    import: {
      id: "users/alice@example.com/settings/sendAs/alice@example.com/smimeInfo/ANe1Bm",
      name: "alice",
      then: "The code that it prints has the public `certificate`; with the key file, write `pkcs12` and `password` in its place, which is no change. Imported is adopted: a delete leaves it in Gmail, unless `onDelete` says otherwise.",
    },
    errors: [
      { said: "does not open this PKCS#12 file", why: "The password is another file's, or the file needs none." },
      {
        said: "is not in the certificate, which names …",
        why: "The certificate is for another address: correct `sendAsEmail`, or have it issued for this one.",
      },
      {
        said: "does not hold the intermediate that issued the certificate",
        why: "Add the intermediates to the file, or as `chain`. Gmail takes no certificate of a root's own.",
      },
      { said: "expired at …", why: "An upload needs one that is valid." },
      {
        said: "certificate is given without a key, so it must be on the address already",
        why: "`certificate` alone adopts only: give `pkcs12` or `privateKey` to upload.",
      },
      {
        said: "the issuing CA is not in Google's trusted list",
        why: "Google's bare `400`, after all checks passed: the root must be known to Google, or added in the Admin console.",
      },
      {
        said: "the key file changed while Pulumi ran.",
        why: "Between preview and upload it became another certificate. Nothing was uploaded.",
      },
      FEATURE_OFF,
      NOT_DELEGATED,
      WRONG_MAILBOX,
    ],
  },
  DefaultSmimeCertificate: {
    import: {
      id: "users/alice@example.com/settings/sendAs/alice@example.com/defaultSmimeInfo",
      name: "alice-signs",
      then: "Which default was there before is not known of an import, so a delete leaves the default as it is.",
    },
    errors: [
      {
        said: "of this program wants something else for …. Declare one only.",
        why: "An address has one default; two resources that want different ones would undo each other.",
      },
      {
        said: "Gmail has no certificate … on this address.",
        why: "Somebody deleted it by hand: a refresh sees that, and the next up puts it back.",
      },
      {
        said: "certificateId and choose exclude each other.",
        why: "Name the certificate, or let it be chosen among `candidates`.",
      },
      FEATURE_OFF,
      WRONG_MAILBOX,
    ],
  },
  SmimeFleet: {
    import: { none: "A SmimeFleet cannot be imported. Declare its rows: what is on the addresses already is adopted." },
    errors: [
      {
        said: "and maxDeletes is …",
        why: "Rows are gone from the CSV, and their keys would go with them. Put them back, or allow so many.",
      },
      {
        said: "Run pulumi up again, which does only what is left.",
        why: "Some rows failed, each is named with why, and all others are done.",
      },
      {
        said: "of this program wants something else for …. Declare one only.",
        why: "Two fleets have different rows of the same address.",
      },
      {
        said: "the environment variable … is not set, or empty.",
        why: "A row's password is `env:NAME`, read where Pulumi runs.",
      },
      {
        said: "is outside the CSV's folder.",
        why: "Key files and password files are in the CSV's folder or below it.",
      },
      FEATURE_OFF,
      NOT_DELEGATED,
    ],
  },
  AuditPublicKey: {
    import: {
      none: "An AuditPublicKey cannot be imported, for Google does not show it. Declare it: the upload replaces what is there.",
    },
    errors: [
      {
        said: "is not an RSA key, and Google takes no other",
        why: "Today's GnuPG makes others unless told: choose RSA and RSA.",
      },
      { said: "user ids, and Google takes one.", why: "Remove the others with `gpg --edit-key`, `deluid`." },
      { said: "holds a secret key.", why: "Export with `gpg --armor --export`. Nothing was sent." },
      { said: "Google cannot read the key's format.", why: "Google's code 1411: export the key again." },
      {
        said: "set google-workspace-mail:adminEmail to an administrator",
        why: "The upload is done on an administrator's behalf; which credentials Google takes for it is not documented.",
      },
      {
        said: "The audit feature is not available to this domain.",
        why: "The edition lacks it. Google Vault's exports do the same job.",
      },
    ],
  },
};

export const functionNotes: Readonly<Record<keyof typeof functions, Note>> = {
  getSmimeCertificates: {
    errors: [
      { said: "Gmail knows no address …", why: "It is not one that this mailbox may send from." },
      FEATURE_OFF,
      NOT_DELEGATED,
    ],
  },
  getSendAsAddresses: {
    errors: [
      { said: "Gmail knows no mailbox …", why: "`userId` must be a user's primary address." },
      {
        said: "The delegation lacks the scope.",
        why: "Google takes `gmail.settings.basic` for this and not `.sharing`.",
      },
    ],
  },
  // a file or a key that is no good is an answer there, with `usable` false
  inspectPkcs12: { errors: [] },
  inspectPublicKey: { errors: [] },
  readFleet: {
    errors: [
      { said: "Its path is relative to the Pulumi project's folder.", why: "The CSV is not there, or cannot be read." },
      { said: "a quote is not closed, or has text beside it.", why: "The line is named; nothing of it is quoted." },
      { said: "shard and of belong together.", why: "Write both, or neither." },
    ],
  },
  getCallerIdentity: {
    errors: [
      {
        said: "sendAsEmail is an address of a mailbox: write the mailbox's userId too.",
        why: "Only a wrong argument is an error here: Google's refusals are in `findings`.",
      },
    ],
  },
};

/** Markdown; headings of level two, as registry pages have them. Empty where there is nothing to say. */
export function noteSections(token: string, { import: imported, errors }: Note): string {
  const lines = errors.map(({ said, why }) => `- \`${said}\`: ${why}`);
  const parts = [
    ...(imported === undefined ? [] : [`## Import\n\n${importText(token, imported)}`]),
    ...(lines.length === 0 ? [] : [`## Errors worth knowing\n\n${lines.join("\n")}`]),
  ];
  return parts.map((part) => `\n\n${part}`).join("");
}

const importText = (token: string, imported: NonNullable<Note["import"]>): string =>
  "none" in imported
    ? imported.none
    : `\`\`\`sh\npulumi import ${token} ${imported.name} ${imported.id}\n\`\`\`\n\n${imported.then}`;
