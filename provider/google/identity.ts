/** Who asks Google, for whom, with which scopes, and what is missing: told before the first write, by tokens and reads only. */
import type { Caller, Credential } from "./credentials";
import type { EmailAudit } from "./emailAudit";
import { MailboxAccesses, type MailboxAccess } from "./mailboxAccess";
import { askForToken, findingOf, isUnreachable, missing, type Finding, type ScopeGrant } from "./scopeGrant";
import { SCOPES, type Scope } from "./scopes";
import type { SendAs } from "./sendAs";
import { whyMissing, type TokenSource } from "./tokens";
import type { Transport } from "./transport";

/** Milliseconds in which nobody else is asked about, once somebody gave no answer: each would cost two tries. */
const STAYS_UNREACHABLE = 10_000;

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
  /** Whether no finding is an error. Left out where nothing is missing, but nothing was tried either. */
  readonly usable?: boolean;
}

/** What came of one question. */
interface Part {
  readonly grant?: ScopeGrant;
  readonly subject?: string;
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

interface Clients {
  readonly transport: Pick<Transport, "elapsed">;
  readonly tokens: TokenSource;
  readonly sendAs: Pick<SendAs, "endpoint" | "addresses" | "list">;
  readonly emailAudit: Pick<EmailAudit, "subject">;
  readonly adminEmail: string | undefined;
}

export class Identity {
  readonly #mailboxes: MailboxAccesses;
  #unreachable: { readonly finding: Finding; readonly since: number } | undefined;

  constructor(private readonly clients: Clients) {
    this.#mailboxes = new MailboxAccesses(clients.tokens, clients.sendAs);
  }

  /** Throws for no refusal: that is a finding. Asks nothing where neither a mailbox nor a domain is named. */
  async of(question: IdentityQuestion): Promise<CallerIdentity> {
    const { credential } = this.clients.tokens;
    const parts = credential.kind === "missing" ? [] : await this.#ask(question);
    const none = credential.kind === "missing" ? [missing("noCredentials", whyMissing(credential))] : [];
    const findings = distinct([...none, ...parts.flatMap((part) => part.findings)]);
    const subject = parts.find((part) => part.subject !== undefined)?.subject;
    const usable = findings.every(({ severity }) => severity !== "error");
    return {
      ...factsOf(credential),
      ...(subject !== undefined && { subject }),
      ...(this.clients.adminEmail !== undefined && { adminEmail: this.clients.adminEmail }),
      endpoint: this.clients.sendAs.endpoint,
      scopes: parts.flatMap(({ grant }) => (grant ? [neededScope(grant)] : [])),
      findings,
      ...((!usable || this.#isTried(question)) && { usable }),
    };
  }

  /** For the audit key nothing but getting a token can be tried, and a ready one needs no getting. */
  #isTried({ userId, domain }: IdentityQuestion): boolean {
    return userId !== undefined || (domain !== undefined && this.clients.tokens.credential.kind !== "accessToken");
  }

  async #ask({ userId, sendAsEmail, domain }: IdentityQuestion): Promise<Part[]> {
    const parts: Part[] = [];
    if (userId !== undefined)
      parts.push(await this.#unlessUnreachable(() => this.#mailboxes.of({ userId, sendAsEmail })));
    if (domain !== undefined) parts.push(await this.#unlessUnreachable(() => this.#audit(domain)));
    return parts;
  }

  async #unlessUnreachable(ask: () => Promise<MailboxAccess>): Promise<Part> {
    const known = this.#unreachable;
    if (known && this.clients.transport.elapsed() - known.since < STAYS_UNREACHABLE)
      return { findings: [known.finding] };
    const access = await ask();
    const finding = access.findings.find(isUnreachable);
    if (finding) this.#unreachable = { finding, since: this.clients.transport.elapsed() };
    return access;
  }

  async #audit(domain: string): Promise<MailboxAccess> {
    try {
      const administrator = this.clients.emailAudit.subject();
      const grant = await askForToken(this.clients.tokens, administrator, SCOPES.audit);
      return { grant, findings: grant.finding ? [grant.finding] : [this.#untried(domain, grant)] };
    } catch (refusal) {
      const finding = { ...findingOf(refusal), code: "noAdminEmail" };
      return { grant: { scope: SCOPES.audit, hasToken: false, finding }, findings: [finding] };
    }
  }

  #untried(domain: string, { granted }: ScopeGrant): Finding {
    const open = [
      ...(granted === undefined ? [`whether Google takes the token, and it has the scope ${SCOPES.audit}`] : []),
      `whether ${this.clients.tokens.impersonates ? this.clients.emailAudit.subject() : "its user"} is an administrator of ${domain}`,
      ...(this.clients.tokens.impersonates
        ? ["whether Google takes delegation for it, which its documents do not say"]
        : []),
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
