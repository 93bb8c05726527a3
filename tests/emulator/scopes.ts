// The OAuth scopes Google names, and which of them each Gmail method takes.
// Source: the discovery document for reads; for writes the S/MIME guide, which is narrower (basic for the primary address, sharing for others).

export const SETTINGS_BASIC = "https://www.googleapis.com/auth/gmail.settings.basic";
export const SETTINGS_SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing";
export const AUDIT = "https://apps-apis.google.com/a/feeds/compliance/audit/";
const READONLY = "https://www.googleapis.com/auth/gmail.readonly";
const MODIFY = "https://www.googleapis.com/auth/gmail.modify";
const FULL = "https://mail.google.com/";

export const smimeWriteScopes: readonly string[] = [SETTINGS_BASIC, SETTINGS_SHARING];
export const smimeReadScopes: readonly string[] = [FULL, MODIFY, READONLY, SETTINGS_BASIC, SETTINGS_SHARING];
export const sendAsReadScopes: readonly string[] = [FULL, MODIFY, READONLY, SETTINGS_BASIC];
