/**
 * The Email Audit API's public-key feed: one POST, which replaces the key (reference: email-audit-public-key, "Uploading
 * the public key"). There is no documented GET, PUT or DELETE. XML through fast-xml-parser.
 */
import type { XMLParser } from "fast-xml-parser";
import { MailKeyError } from "../mailKeyError";
import { explainAuditRefusal } from "./auditRefusal";
import { GoogleError, redact } from "./googleError";
import { object } from "./jsonObject";
import { SCOPES } from "./scopes";
import type { TokenSource } from "./tokens";
import type { Answer, Transport } from "./transport";

export const AUDIT_URL = "https://apps-apis.google.com";

/** The entry that Google answers with; every part may be missing (facts google E2: its own sample is broken XML). */
export interface PublicKeyEntry {
  readonly entryId?: string;
  readonly updated?: string;
}

const MAX_XML_BYTES = 64 * 1024;
const MAX_XML_DEPTH = 16;
/** Enough of an answer that is no XML; taking its tags out costs the square of its length. */
const MAX_WORDS = 2_000;

export class EmailAudit {
  constructor(
    readonly endpoint: string,
    private readonly tokens: TokenSource,
    private readonly transport: Transport,
    /** The administrator on whose behalf a service account calls; a ready access token needs none. */
    private readonly adminEmail: string | undefined,
  ) {}

  /**
   * Uploads the ASCII-armored key, its lines ended by CRLF with none after the last, as Google's sample has them; where
   * that is refused as a wrong format (1411) once more with LF: which one Google wants is not known (facts google E3).
   */
  async uploadPublicKey(domain: string, armored: string): Promise<PublicKeyEntry> {
    const lines = armored.trim().split(/\r?\n/);
    try {
      return await this.#post(domain, lines.join("\r\n"));
    } catch (error) {
      if (!(error instanceof GoogleError) || error.reason !== "1411") throw error;
      return this.#post(domain, lines.join("\n"));
    }
  }

  #post(domain: string, text: string): Promise<PublicKeyEntry> {
    return this.transport.retry(async () => {
      const token = await this.tokens.token(this.subject(), SCOPES.audit);
      try {
        const answer = await this.transport.send({
          method: "POST",
          url: `${this.endpoint}/a/feeds/compliance/audit/publickey/${encodeURIComponent(domain)}`,
          headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/atom+xml" },
          body: entryBody(text),
        });
        if (isTaken(answer)) return await readEntry(answer.text, token);
        throw await refusal(answer, token);
      } catch (error) {
        const known = GoogleError.noAnswer(error);
        const { credential } = this.tokens;
        throw known.explained(explainAuditRefusal(known, { domain, subject: this.subject(), credential }));
      }
    });
  }

  /** For whom the token is asked. Throws where a service account is told of no administrator. */
  subject(): string {
    if (this.adminEmail !== undefined) return this.adminEmail;
    if (!this.tokens.impersonates) return "me";
    throw new MailKeyError(
      "AuditPublicKey needs an administrator to act for: set google-workspace-mail:adminEmail (or " +
        "GOOGLEWORKSPACE_IMPERSONATED_USER_EMAIL) to a domain administrator's address.",
    );
  }
}

/**
 * The Atom entry of the document's "Uploading the public key": standard base64, one line (facts google E3). Base64 has
 * no character that XML escapes.
 */
function entryBody(text: string): string {
  const value = Buffer.from(text, "ascii").toString("base64");
  return (
    "<atom:entry xmlns:atom='http://www.w3.org/2005/Atom' xmlns:apps='http://schemas.google.com/apps/2006'>" +
    `<apps:property name="publicKey" value="${value}"/></atom:entry>`
  );
}

/** 201 is documented. A page with 200 is some proxy's, which says nothing of whether the key arrived: it is uploaded again. */
function isTaken({ status, text }: Answer): boolean {
  if (status < 200 || status >= 300) return false;
  if (status === 201 || text.trim() === "" || /<(\w+:)?entry[\s/>]/i.test(text)) return true;
  throw new GoogleError({ outcome: "ambiguous", said: "an answer that is not the Email Audit API's" });
}

/** By local name, with or without a namespace; what cannot be read of a success is left out, never a failure. */
async function readEntry(text: string, token: string): Promise<PublicKeyEntry> {
  const entry = object(object(await parseXml(text))["entry"]);
  const { id, updated } = entry;
  const isReadable = typeof id === "string" && /^https:\/\/[\x21-\x7e]{1,500}$/.test(id) && !id.includes(token);
  const instant = typeof updated === "string" ? Date.parse(updated) : Number.NaN;
  return {
    ...(isReadable && { entryId: id }),
    ...(!Number.isNaN(instant) && { updated: new Date(instant).toISOString() }),
  };
}

/** Undefined where it is not well-formed, larger than 64 KiB, deeper than 16, or has a DOCTYPE (design: Security). */
async function parseXml(text: string): Promise<unknown> {
  if (text.length > MAX_XML_BYTES || /<!DOCTYPE|<!ENTITY/i.test(text)) return undefined;
  const { XMLParser: Parser } = await import("fast-xml-parser");
  const options = { ignoreAttributes: false, attributeNamePrefix: "@", removeNSPrefix: true, parseTagValue: false };
  const parser: XMLParser = new Parser({ ...options, maxNestedTags: MAX_XML_DEPTH, processEntities: true });
  try {
    return parser.parse(text);
  } catch {
    return undefined;
  }
}

/** `<AppsForYourDomainErrors><error errorCode="1411" reason="…"/>`, or text that is no XML at all (facts google E6). */
async function refusal(answer: Answer, token: string): Promise<GoogleError> {
  const errors = object(object(await parseXml(answer.text))["AppsForYourDomainErrors"])["error"];
  const first = object(Array.isArray(errors) ? errors[0] : errors);
  const code =
    typeof first["@errorCode"] === "string" && /^\d{3,5}$/.test(first["@errorCode"]) ? first["@errorCode"] : undefined;
  const words =
    typeof first["@reason"] === "string" ? first["@reason"] : answer.text.slice(0, MAX_WORDS).replace(/<[^>]*>/g, " ");
  const said = redact(`${String(answer.status)}${code ? ` ${code}` : ""} ${words}`, [token]);
  const retryAfter = answer.headers.get("retry-after");
  const busy = code === "1000" || code === "1001" || /quota exceeded|rate higher/i.test(words);
  const details = { ...(code !== undefined && { reason: code }), ...(retryAfter !== null && { retryAfter }) };
  return GoogleError.answered(busy ? 503 : answer.status, said, details);
}
