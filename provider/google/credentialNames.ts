/** How refusals name a credential: where it is set, what an administrator authorises, and the Cloud project of it. */
import type { Credential } from "./credentials";

export const sourceOf = (credential: Credential): string =>
  credential.kind === "missing" ? "google-workspace-mail:credentials" : credential.source;

/** Its tokens are of that user alone, whoever is asked for. */
export const isOfOneUser = ({ kind }: Credential): boolean => kind === "accessToken" || kind === "authorizedUser";

/** What the Admin console and the Cloud console list it by. */
export function clientOf(credential: Credential): string {
  switch (credential.kind) {
    case "serviceAccount":
      return `client ID ${credential.clientId}`;
    case "keyless":
      return `the client ID of ${credential.email} (its "Unique ID" in the Cloud console, a number)`;
    case "authorizedUser":
      return `OAuth client ${credential.clientId}`;
    case "accessToken":
      return `the OAuth client that made the token in ${credential.source}`;
    case "missing":
      return "the credential";
  }
}

/** ` --project ID` for gcloud, or nothing: a service account's address names its project, and a client ID begins with its number. */
export function projectOption(credential: Credential): string {
  const project = projectOf(credential);
  return project === undefined ? "" : ` --project ${project}`;
}

function projectOf(credential: Credential): string | undefined {
  switch (credential.kind) {
    case "serviceAccount":
    case "keyless":
      return /@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(credential.email)?.[1];
    case "authorizedUser":
      return /^(\d+)-[^@]*\.apps\.googleusercontent\.com$/.exec(credential.clientId)?.[1];
    case "accessToken":
    case "missing":
      return undefined;
  }
}
