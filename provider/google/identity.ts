/** Who asks Google, for whom, with which scopes, and what is missing: told before the first write, by tokens and reads only. */
import type { Caller, Credential } from "./credentials";
import type { EmailAudit } from "./emailAudit";
import { MailboxAccesses, type MailboxAccess } from "./mailboxAccess";
import { askForToken, findingOf, missing, type Finding, type ScopeGrant } from "./scopeGrant";
import { SCOPES, type Scope } from "./scopes";
import type { SendAs } from "./sendAs";
import { whyMissing, type TokenSource } from "./tokens";

/** Addresses and domain in lower case; what is left out is not asked about. */
export interface IdentityQuestion {
  readonly userId?: string | undefined;
  readonly sendAsEmail?: string | undefined;
  readonly domain?: string | undefined;
}

/** Nothing in it is a secret. */
export interface CallerIdentity extends CredentialFacts {
  /** Whose mailbox it is. */
  readonly subject?: string;
  readonly adminEmail?: string;
  readonly endpoint: string;
  readonly scopes: readonly NeededScope[];
  readonly findings: readonly Finding[];
}

interface CredentialFacts {
  readonly kind: "serviceAccountKey" | "keyless" | "authorizedUser" | "accessToken" | "none";
  /** The setting or variable it is from. */
  readonly source?: string;
  readonly serviceAccount?: string;
  readonly clientId?: string;
  /** Who asks IAM to sign, where no key does. */
  readonly caller?: CallerKind;
  readonly callerSource?: string;
}
type CallerKind = "serviceAccountKey" | Exclude<Caller["kind"], "serviceAccount">;

interface NeededScope {
  readonly scope: Scope;
  readonly purpose: string;
  /** Left out where it is not known. */
  readonly granted?: boolean;
  readonly problem?: string;
}

export class Identity {
  readonly #mailboxes: MailboxAccesses;

  constructor(
    private readonly tokens: TokenSource,
    private readonly sendAs: Pick<SendAs, "endpoint" | "addresses" | "list">,
    private readonly emailAudit: Pick<EmailAudit, "subject">,
    private readonly adminEmail: string | undefined,
  ) {
    this.#mailboxes = new MailboxAccesses(tokens, sendAs);
  }

  /** Throws for no refusal: that is a finding. Asks nothing where neither a mailbox nor a domain is named. */
  async of(question: IdentityQuestion): Promise<CallerIdentity> {
    const { credential } = this.tokens;
    const parts = credential.kind === "missing" ? [] : await this.#ask(question);
    const none = credential.kind === "missing" ? [missing("noCredentials", whyMissing(credential))] : [];
    const subject = parts.find((part) => part.subject !== undefined)?.subject;
    return {
      ...factsOf(credential),
      ...(subject !== undefined && { subject }),
      ...(this.adminEmail !== undefined && { adminEmail: this.adminEmail }),
      endpoint: this.sendAs.endpoint,
      scopes: parts.map(({ grant }) => neededScope(grant)),
      findings: distinct([...none, ...parts.flatMap(({ findings }) => findings)]),
    };
  }

  async #ask({ userId, sendAsEmail, domain }: IdentityQuestion): Promise<MailboxAccess[]> {
    const mailbox = userId === undefined ? [] : [await this.#mailboxes.of({ userId, sendAsEmail })];
    return domain === undefined ? mailbox : [...mailbox, await this.#audit(domain)];
  }

  async #audit(domain: string): Promise<MailboxAccess> {
    try {
      const administrator = this.emailAudit.subject();
      const grant = await askForToken(this.tokens, administrator, SCOPES.audit);
      return { grant, findings: grant.finding ? [grant.finding] : [this.#untried(domain, grant)] };
    } catch (refusal) {
      const finding = { ...findingOf(refusal), code: "noAdminEmail" };
      return { grant: { scope: SCOPES.audit, hasToken: false, finding }, findings: [finding] };
    }
  }

  #untried(domain: string, { granted }: ScopeGrant): Finding {
    const open = [
      ...(granted === undefined ? [`whether the token has the scope ${SCOPES.audit}`] : []),
      `whether ${this.tokens.impersonates ? this.emailAudit.subject() : "its user"} is an administrator of ${domain}`,
      ...(this.tokens.impersonates ? ["whether Google takes delegation for it, which its documents do not say"] : []),
    ];
    const reason = `The Email Audit API has no read, so the first upload is the first to tell ${open.join(", and ")}. Next: make sure of it, then run pulumi up.`;
    return { code: "auditNotTried", severity: "warning", reason };
  }
}

function factsOf(credential: Credential): CredentialFacts {
  switch (credential.kind) {
    case "serviceAccount": {
      const { source, email, clientId } = credential;
      return { kind: "serviceAccountKey", source, serviceAccount: email, clientId };
    }
    case "keyless": {
      const { source, email, caller } = credential;
      const kind = caller.kind === "serviceAccount" ? "serviceAccountKey" : caller.kind;
      return { kind: "keyless", source, serviceAccount: email, caller: kind, callerSource: caller.source };
    }
    case "authorizedUser":
      return { kind: "authorizedUser", source: credential.source, clientId: credential.clientId };
    case "accessToken":
      return { kind: "accessToken", source: credential.source };
    case "missing":
      return { kind: "none" };
  }
}

const PURPOSES: Record<Scope, string> = {
  [SCOPES.primary]: "certificates on a mailbox's own address",
  [SCOPES.custom]: "certificates on another send-as address",
  [SCOPES.audit]: "the Email Audit API's public key",
};

const neededScope = ({ scope, granted, finding }: ScopeGrant): NeededScope => ({
  scope,
  purpose: PURPOSES[scope],
  ...(granted !== undefined && { granted }),
  ...(finding && { problem: finding.reason }),
});

/** What two scopes lack alike (a wrong key, say) is told once. */
const distinct = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ reason }, index) => findings.findIndex((other) => other.reason === reason) === index);
