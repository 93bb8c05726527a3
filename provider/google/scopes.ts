/** The OAuth scopes that the APIs are called with. */

/** What an address needs (guide, "ACL scopes"): basic for the primary one, sharing for others; the audit key its own. */
export const SCOPES = {
  primary: "https://www.googleapis.com/auth/gmail.settings.basic",
  custom: "https://www.googleapis.com/auth/gmail.settings.sharing",
  audit: "https://apps-apis.google.com/a/feeds/compliance/audit/",
} as const;
export type Scope = (typeof SCOPES)[keyof typeof SCOPES];

/** What whoever asks IAM to sign needs; a token with it never goes to Gmail. */
export const CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform";
