// Answers in Google's shapes: JSON of the newer APIs, OAuth errors of the token endpoint, XML of the Email Audit API.

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Thrown by a route; the server sends its answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(readonly answer: Answer) {
    super(`refused with ${String(answer.status)}`);
  }
}

const JSON_TYPE = "application/json; charset=UTF-8";
export const noContent: Answer = { status: 204, headers: {}, body: "" };

export function json(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": JSON_TYPE }, body: JSON.stringify(value, null, 2) };
}

/** {error:{code,message,errors:[{domain,reason,message}],status}}, as Gmail and IAM answer. */
export function googleError(status: number, reason: string, message: string): Answer {
  const domain = /rateLimit|quota|dailyLimit/i.test(reason) ? "usageLimits" : "global";
  const where = reason === "authError" ? { locationType: "header", location: "Authorization" } : {};
  const errors = [{ message, domain, reason, ...where }];
  return json(status, { error: { code: status, message, errors, status: statusName(status, reason) } });
}

function statusName(status: number, reason: string): string {
  if (reason === "failedPrecondition") return "FAILED_PRECONDITION";
  const names: Record<number, string> = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
  };
  return names[status] ?? "UNKNOWN";
}

/** {error, error_description}, as the token endpoint answers. */
export function oauthError(error: string, description: string): Answer {
  const status = error === "invalid_client" || error === "unauthorized_client" ? 401 : 400;
  return json(status, { error, error_description: description });
}

/** The Email Audit API's error list: text/xml, CRLF, no namespace. */
export function auditError(status: number, errorCode: number, reason: string): Answer {
  const body = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<AppsForYourDomainErrors>",
    `  <error errorCode="${String(errorCode)}" invalidInput="" reason="${escapeXml(reason)}"/>`,
    "</AppsForYourDomainErrors>",
    "",
  ].join("\r\n");
  return { status, headers: { "content-type": "text/xml; charset=UTF-8" }, body };
}

export function escapeXml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** What a fault without a body of its own answers: the error shape of the API that the path belongs to. */
export function faultAnswer(path: string, status: number, reason: string, message: string): Answer {
  if (status < 400) return { status, headers: {}, body: "" };
  if (path === "/token") return { ...oauthError(reason, message), status };
  if (path.startsWith("/a/feeds/")) {
    const code = /^\d+$/.test(reason) ? Number(reason) : 1000; // 1000 = UnknownError
    return auditError(status, code, /^\d+$/.test(reason) ? message : reason);
  }
  return googleError(status, reason, message);
}
