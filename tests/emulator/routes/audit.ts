// POST /a/feeds/compliance/audit/publickey/{domain}: the Email Audit API's one method that this project needs.
import { auditError, Refusal, type Answer } from "../answer";
import { readPublicKeyEntry, writePublicKeyEntry } from "../atom";
import type { Domain } from "../entities";
import { checkLineEnds, decodeKeyText, KeyRefused, openPublicKey } from "../openpgp";
import type { Context, EmulatorRequest } from "../request";
import { AUDIT } from "../scopes";

const UNAUTHORIZED = 1002; // not in gdata-java's list; GAM knows it for both refusals

export async function publicKey(request: EmulatorRequest, context: Context): Promise<Answer> {
  const domain = authorize(request, context);
  try {
    const base64 = await readPublicKeyEntry(request.body.toString("utf8"));
    const text = decodeKeyText(base64 ?? "");
    checkLineEnds(text, context.store.knobs.auditLineEnds);
    const fingerprint = await openPublicKey(text, context.store.now());
    const { id, updated } = context.store.saveAuditKey(domain, text, fingerprint);
    const body = writePublicKeyEntry(domain.name, id, base64 ?? "", updated);
    return { status: 201, headers: { "content-type": "application/atom+xml; charset=UTF-8" }, body };
  } catch (error) {
    if (error instanceof KeyRefused) throw new Refusal(auditError(400, error.code, error.reason));
    throw error;
  }
}

function authorize(request: EmulatorRequest, context: Context): Domain {
  const { token } = request;
  if (token === undefined) throw new Refusal(auditError(401, UNAUTHORIZED, "Token invalid"));
  if (!token.scopes.includes(AUDIT)) {
    throw new Refusal(auditError(403, UNAUTHORIZED, "You are not authorized to access this API"));
  }
  const domain = context.store.findDomain(request.segments[5] ?? "");
  if (domain === undefined || token.user === undefined || !context.store.isAdmin(token.user, domain)) {
    const words = "You are not authorized to perform operations on the domain";
    throw new Refusal(auditError(403, UNAUTHORIZED, words));
  }
  return domain;
}
