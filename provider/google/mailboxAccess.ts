/**
 * Whether a credential may manage the certificates of one address, as far as tokens and reads tell: the mailbox's send-as
 * addresses, and the certificates on the address. Nothing is written.
 */
import { sourceOf } from "./credentialNames";
import type { SendAsAddress } from "./gmail";
import { lacksScope } from "./gmailRefusal";
import { GoogleError } from "./googleError";
import { askForToken, findingOf, isUnreachable, missing, type Finding, type ScopeGrant } from "./scopeGrant";
import { SCOPES } from "./scopes";
import type { SendAs } from "./sendAs";
import type { TokenSource } from "./tokens";

export interface MailboxQuestion {
  /** In lower case, or `me` where tokens are of one user. */
  readonly userId: string;
  /** In lower case. Undefined: the mailbox's own address. */
  readonly sendAsEmail?: string | undefined;
}

export interface MailboxAccess {
  readonly grant: ScopeGrant;
  /** Whose mailbox it is, where that is known. */
  readonly subject?: string;
  readonly findings: readonly Finding[];
}

export class MailboxAccesses {
  constructor(
    private readonly tokens: TokenSource,
    private readonly sendAs: Pick<SendAs, "addresses" | "list">,
  ) {}

  of(question: MailboxQuestion): Promise<MailboxAccess> {
    return this.tokens.isOfOneUser ? this.#ofOneUser(question) : this.#delegated(question);
  }

  /** The scope for other addresses lists their certificates, and no addresses (facts google B2). */
  async #delegated({ userId, sendAsEmail = userId }: MailboxQuestion): Promise<MailboxAccess> {
    const isOwn = sendAsEmail === userId;
    const grant = await askForToken(this.tokens, userId, isOwn ? SCOPES.primary : SCOPES.custom);
    if (!grant.hasToken) return { grant, subject: userId, findings: listed(grant.finding) };
    const addresses = isOwn ? await this.#addresses(userId) : NOT_ASKED;
    if (isUnreachable(addresses.finding)) return { grant, subject: userId, findings: [addresses.finding] };
    const certificates = await this.#certificates(userId, sendAsEmail);
    const own = ownAddress(addresses) ?? userId;
    const alias =
      own === userId
        ? []
        : [
            missing(
              "alias",
              `${userId} is an address of ${own}'s mailbox. Next: write ${own} as userId, and ${userId} as sendAsEmail.`,
            ),
          ];
    return { grant, subject: userId, findings: [...alias, ...refusals(addresses, certificates)] };
  }

  /** Whose token it is only Gmail tells, by the addresses of `me`. */
  async #ofOneUser({ userId, sendAsEmail }: MailboxQuestion): Promise<MailboxAccess> {
    const scopeOf = (own: string) => ((sendAsEmail ?? own) === own ? SCOPES.primary : SCOPES.custom);
    const first = await askForToken(this.tokens, userId, scopeOf(userId));
    if (!first.hasToken) return { grant: first, findings: listed(first.finding) };
    const addresses = await this.#addresses("me");
    if (isUnreachable(addresses.finding)) return { grant: first, findings: [addresses.finding] };
    const own = ownAddress(addresses);
    const grant = await askForToken(this.tokens, userId, scopeOf(own ?? userId));
    const mailbox = userId === "me" ? own : userId;
    const subject = own === undefined ? {} : { subject: own };
    if (own !== undefined && mailbox !== own)
      return { grant, ...subject, findings: [...listed(grant.finding), this.#anothers(userId, own)] };
    const address = sendAsEmail ?? mailbox;
    const certificates = address === undefined ? NOT_ASKED : await this.#certificates(userId, address);
    return { ...this.#judge(grant, addresses, certificates), ...subject };
  }

  /** By what Gmail lets a token read, where Google says nothing of its scopes: each read takes another set of them (facts google B2). */
  #judge(grant: ScopeGrant, addresses: Asked<unknown>, certificates: Asked<unknown>): Omit<MailboxAccess, "subject"> {
    const isOwn = grant.scope === SCOPES.primary;
    const needed = isOwn || !addresses.lacksScope ? [addresses, certificates] : [certificates];
    const refused = refusals(...needed.filter(({ lacksScope }) => !lacksScope || grant.finding === undefined));
    if (grant.granted !== undefined) return { grant, findings: [...listed(grant.finding), ...refused] };
    const lacking = needed.find(({ lacksScope }) => lacksScope)?.finding;
    if (lacking) return { grant: { ...grant, granted: false, finding: lacking }, findings: refused };
    // reading certificates without reading addresses is what settings.sharing alone allows
    if (addresses.lacksScope && certificates.found !== undefined)
      return { grant: { ...grant, granted: true }, findings: refused };
    const unsure = refused.length > 0 ? [] : [this.#unsure(grant)];
    return { grant, findings: [...refused, ...unsure] };
  }

  #unsure({ scope }: ScopeGrant): Finding {
    const reason = `Gmail lets the token of ${sourceOf(this.tokens.credential)} read this mailbox; whether it may also write is known by the first write only. Next: make sure that it was made with ${scope}`;
    return { code: "scopeNotKnown", severity: "warning", reason };
  }

  #anothers(userId: string, own: string): Finding {
    const source = sourceOf(this.tokens.credential);
    return missing(
      "otherUser",
      `The token of ${source} is ${own}'s, and acts on that mailbox alone, not on ${userId}. Next: use a token of ${userId}, or a service account with domain-wide delegation; if ${userId} is an address of the same mailbox, write ${own} as userId.`,
    );
  }

  #addresses(userId: string): Promise<Asked<readonly SendAsAddress[]>> {
    return ask(
      this.sendAs.addresses(userId),
      missing(
        "notFound",
        `Gmail knows no mailbox ${userId}. Next: check the address in the Admin console's Directory.`,
      ),
    );
  }

  #certificates(userId: string, sendAsEmail: string): Promise<Asked<unknown>> {
    const absent = `${sendAsEmail} is no send-as address of ${userId}. Next: add it in the mailbox's Gmail settings (Accounts > Send mail as), or correct sendAsEmail; getSendAsAddresses lists those there are.`;
    return ask(this.sendAs.list({ userId, sendAsEmail }), missing("notSendAs", absent));
  }
}

/** What came of a read: an answer, or a finding. */
interface Asked<T> {
  readonly found?: T;
  readonly finding?: Finding;
  readonly lacksScope: boolean;
  /** What Google said of a refusal. */
  readonly said?: string;
}

const NOT_ASKED: Asked<never> = { lacksScope: false };

async function ask<T>(read: Promise<T | undefined>, absent: Finding): Promise<Asked<T>> {
  try {
    const found = await read;
    return found === undefined ? { finding: absent, lacksScope: false } : { found, lacksScope: false };
  } catch (refusal) {
    const answered =
      refusal instanceof GoogleError ? { said: refusal.said, lacksScope: lacksScope(refusal) } : { lacksScope: false };
    return { finding: findingOf(refusal), ...answered };
  }
}

/** What is refused to both reads in the same words is told once. */
function refusals(...reads: readonly Asked<unknown>[]): Finding[] {
  const told = reads.filter(
    ({ said }, index) => said === undefined || reads.findIndex((read) => read.said === said) === index,
  );
  return told.flatMap(({ finding }) => listed(finding));
}

const ownAddress = ({ found }: Asked<readonly SendAsAddress[]>): string | undefined =>
  found?.find(({ isPrimary }) => isPrimary)?.sendAsEmail;

const listed = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
