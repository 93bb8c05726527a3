// POST /v1/projects/-/serviceAccounts/{email}:signJwt: keyless delegation, signed by a key the emulator keeps.
import { googleError, json, Refusal, type Answer } from "../answer";
import { isObject } from "../json";
import { writeJwt } from "../jwt";
import type { Context, EmulatorRequest } from "../request";

export async function signJwt(request: EmulatorRequest, context: Context): Promise<Answer> {
  const email = (request.segments[4] ?? "").replace(/:signJwt$/, "");
  const account = context.store.findServiceAccount(email);
  if (account === undefined || request.bearer === undefined || !account.signJwtCallers.includes(request.bearer)) {
    const words = "Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist).";
    throw new Refusal(googleError(403, "forbidden", words));
  }
  const payload = readPayload(request.body);
  if (payload === undefined) {
    throw new Refusal(googleError(400, "badRequest", "Request contains an invalid argument."));
  }
  const keyId = context.signingKey.keyId(account.email);
  const { privateKey } = await context.signingKey.keys();
  return json(200, { keyId, signedJwt: writeJwt(payload, keyId, privateKey) });
}

/** `payload` is a text that holds a JSON object. */
function readPayload(body: Buffer): string | undefined {
  try {
    const request: unknown = JSON.parse(body.toString("utf8"));
    if (!isObject(request) || typeof request["payload"] !== "string") return undefined;
    const claims: unknown = JSON.parse(request["payload"]);
    return isObject(claims) ? request["payload"] : undefined;
  } catch {
    return undefined;
  }
}
