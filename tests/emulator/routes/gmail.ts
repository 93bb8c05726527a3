// Who may call Gmail for which mailbox: the checks before every sendAs and smimeInfo method, and the routes to them.
import { googleError, json, noContent, Refusal, type Answer } from "../answer";
import type { AccessToken, Address, User } from "../entities";
import type { Context, EmulatorRequest } from "../request";
import { sendAsReadScopes, SETTINGS_BASIC, SETTINGS_SHARING, smimeReadScopes, smimeWriteScopes } from "../scopes";
import { same } from "../store";
import { insert, writeSmimeInfo } from "./smimeInfo";

const READ = 1;
const WRITE = 100;

/** /gmail/v1/users/{userId}/settings/sendAs[/{sendAsEmail}[/smimeInfo[/{id}[/setDefault]]]] */
export async function gmail(request: EmulatorRequest, context: Context): Promise<Answer> {
  const [, , , userId = "", settings, sendAs, email, smimeInfo, id, action, more] = request.segments;
  const method = findMethod(request.method, [email, smimeInfo, id, action]);
  if (settings !== "settings" || sendAs !== "sendAs" || more !== undefined || method === undefined) throw notFound();
  const { token, user } = authenticate(request, context, userId);
  const units = method === "insert" || method === "delete" || method === "setDefault" ? WRITE : READ;
  if (!context.store.charge(units)) {
    throw new Refusal(googleError(429, "rateLimitExceeded", "Quota exceeded for quota metric 'Queries' per minute."));
  }
  if (method === "sendAs.list" || method === "sendAs.get") {
    needScope(token, sendAsReadScopes);
    if (method === "sendAs.list") return json(200, { sendAs: user.addresses.map(writeSendAs) });
    return json(200, writeSendAs(needAddress(context, user, email)));
  }
  needScope(token, units === WRITE ? smimeWriteScopes : smimeReadScopes);
  checkFeature(context, token, user);
  const address = needAddress(context, user, email);
  if (units === WRITE) needScope(token, [address.isPrimary ? SETTINGS_BASIC : SETTINGS_SHARING]);
  if (method === "insert") return insert(request, context, address);
  if (method === "list") return list(context, address);
  return onCertificate(method, context, address, id ?? "");
}

type Method = "sendAs.list" | "sendAs.get" | "insert" | "list" | "get" | "delete" | "setDefault";

/** From the verb and which of the four path parts after sendAs are there. */
function findMethod(verb: string, [email, smimeInfo, id, action]: (string | undefined)[]): Method | undefined {
  if (email === undefined) return verb === "GET" ? "sendAs.list" : undefined;
  if (smimeInfo === undefined) return verb === "GET" ? "sendAs.get" : undefined;
  if (smimeInfo !== "smimeInfo") return undefined;
  if (id === undefined) return ({ GET: "list", POST: "insert" } as const)[verb];
  if (action === undefined) return ({ GET: "get", DELETE: "delete" } as const)[verb];
  return action === "setDefault" && verb === "POST" ? "setDefault" : undefined;
}

function authenticate(request: EmulatorRequest, context: Context, userId: string): { token: AccessToken; user: User } {
  const token = request.token;
  if (token === undefined) throw new Refusal(googleError(401, "authError", "Invalid Credentials"));
  // A service account that acts for nobody has no mailbox.
  if (token.user === undefined) {
    throw new Refusal(googleError(400, "failedPrecondition", "Precondition check failed."));
  }
  if (userId !== "me" && !same(userId, token.user)) {
    throw new Refusal(googleError(403, "forbidden", "Delegation denied: the userId is not the token's user"));
  }
  const user = context.store.findUser(token.user);
  if (user === undefined) throw new Refusal(googleError(400, "failedPrecondition", "Mail service not enabled"));
  return { token, user };
}

function needScope(token: AccessToken, accepted: readonly string[]): void {
  if (token.scopes.some((scope) => accepted.includes(scope))) return;
  throw new Refusal(googleError(403, "insufficientPermissions", "Request had insufficient authentication scopes."));
}

/** Hosted S/MIME must be licensed and switched on, and, for tokens by the user's consent, opened to them. */
function checkFeature(context: Context, token: AccessToken, user: User): void {
  const domain = context.store.domainOf(user);
  const enabled = user.licensed && (domain?.smimeEnabled ?? true);
  const open = !token.byConsent || (domain?.endUserApiAccess ?? true);
  if (!enabled || !open) throw new Refusal(googleError(403, "forbidden", "Feature not enabled"));
}

function needAddress(context: Context, user: User, email: string | undefined): Address {
  const address = context.store.findAddress(user, email ?? "");
  if (address === undefined) throw notFound();
  return address;
}

export function notFound(): Refusal {
  return new Refusal(googleError(404, "notFound", "Requested entity was not found."));
}

function writeSendAs(address: Address) {
  const common = { sendAsEmail: address.email, displayName: "", replyToAddress: "", signature: "" };
  if (address.isPrimary) return { ...common, isPrimary: true, isDefault: true };
  return { ...common, treatAsAlias: true, verificationStatus: "accepted" };
}

function list(context: Context, address: Address): Answer {
  const shown = context.store.list(address);
  return json(200, shown.length === 0 ? {} : { smimeInfo: shown.map(writeSmimeInfo) });
}

function onCertificate(
  method: "get" | "delete" | "setDefault",
  context: Context,
  address: Address,
  id: string,
): Answer {
  if (method === "get") {
    const found = address.certificates.find((each) => each.id === id);
    if (found === undefined) throw notFound();
    return json(200, writeSmimeInfo(found));
  }
  if (method === "setDefault") {
    if (!context.store.makeDefault(address, id)) throw notFound();
    return noContent;
  }
  const outcome = context.store.remove(address, id, false);
  if (outcome === "not found") throw notFound();
  if (outcome === "default in use") {
    throw new Refusal(googleError(400, "failedPrecondition", "Precondition check failed."));
  }
  return noContent;
}
