/** The settings of a stack, one row each, and where each is found: the stack's configuration, then the environment. */

/**
 * `google-workspace-mail:KEY`: what each is for, and the variables that stand in for it. Those are the names that
 * Terraform's provider, gcloud and Pulumi's Google providers use (facts google F); the first set wins.
 */
export const settingsFields = {
  credentials: {
    secret: true,
    description:
      "A credential file's JSON, or its path: a service-account key with domain-wide delegation, gcloud's authorized_user, or workload identity federation's external_account.",
    environment: [
      "GOOGLEWORKSPACE_CREDENTIALS",
      "GOOGLEWORKSPACE_CLOUD_KEYFILE_JSON",
      "GOOGLE_CREDENTIALS",
      "GOOGLE_APPLICATION_CREDENTIALS",
    ],
  },
  serviceAccount: {
    secret: false,
    description:
      "The service account with domain-wide delegation in whose name IAM signs, so that no key is needed. The other credentials, or this machine's application default ones, are then of whoever asks IAM.",
    environment: ["GOOGLEWORKSPACE_SERVICE_ACCOUNT"],
  },
  accessToken: {
    secret: true,
    description: "A ready access token, for one mailbox or for the audit key.",
    environment: ["GOOGLEWORKSPACE_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"],
  },
  clientId: {
    secret: false,
    description: "The OAuth client of `refreshToken`.",
    environment: ["GOOGLEWORKSPACE_CLIENT_ID"],
  },
  clientSecret: {
    secret: true,
    description: "The secret of that OAuth client.",
    environment: ["GOOGLEWORKSPACE_CLIENT_SECRET"],
  },
  refreshToken: {
    secret: true,
    description: "A user's own consent (three-legged OAuth), for that user's mailbox or for the audit key.",
    environment: ["GOOGLEWORKSPACE_REFRESH_TOKEN"],
  },
  adminEmail: {
    secret: false,
    description: "The administrator on whose behalf the audit key is uploaded.",
    environment: ["GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL"],
  },
  endpoint: {
    secret: false,
    description: "Another origin for all Google APIs: https, or http on loopback.",
    environment: ["GOOGLE_WORKSPACE_MAIL_ENDPOINT"],
  },
  unitsPerMinute: {
    secret: false,
    description:
      "The Cloud project's Gmail quota in units a minute, where it is not Google's usual 1200000: calls wait for it rather than be refused.",
    environment: ["GOOGLE_WORKSPACE_MAIL_UNITS_PER_MINUTE"],
  },
} as const;
export type SettingName = keyof typeof settingsFields;

export interface Sources {
  /** The stack's configuration, or an explicit provider's. */
  readonly setting: (name: SettingName) => string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Found {
  readonly value: string;
  /** How to name it in a message. */
  readonly source: string;
  readonly explicit: boolean;
}

/** The stack's settings before the environment's. */
export function findSetting(name: SettingName, { setting, environment }: Sources): Found | undefined {
  const configured = filled(setting(name));
  if (configured !== undefined) return { value: configured, source: `google-workspace-mail:${name}`, explicit: true };
  for (const variable of settingsFields[name].environment) {
    const value = filled(environment[variable]);
    if (value !== undefined) return { value, source: variable, explicit: false };
  }
  return undefined;
}

/** Undefined where it is blank: what a pipeline sets from a secret that it does not have is not set. */
export const filled = (value: string | undefined): string | undefined => (value?.trim() ? value : undefined);

/** How near to this stack a setting was made: 0 in its configuration, 1 by Workspace's variables, 2 by Google's. */
export const rankOf = ({ explicit, source }: Found): 0 | 1 | 2 =>
  explicit ? 0 : source.startsWith("GOOGLEWORKSPACE_") ? 1 : 2;
