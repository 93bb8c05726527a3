/** What Google, and the network before it, do wrong: random faults of the emulator. */
import type { Fault, Knobs } from "../emulator";
import { PASSWORD } from "../world";
import type { Place } from "./model";
import type { Random } from "./random";

/** On every answer that a fault had a part in, so that those that struck can be counted. */
export const MARK = "x-injected-fault";

const METHODS = {
  list: { method: "GET", path: "smimeInfo$" },
  get: { method: "GET", path: "smimeInfo/[^/]+$" },
  insert: { method: "POST", path: "smimeInfo$" },
  setDefault: { method: "POST", path: "setDefault$" },
  delete: { method: "DELETE", path: "smimeInfo/[^/]+$" },
  token: { method: "POST", path: "^/token$" },
  audit: { method: "POST", path: "/audit/publickey/" },
} as const;
type Method = keyof typeof METHODS;

const STATUSES = [400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 418, 422, 429, 500, 501, 502, 503, 504];
const REASONS = ["forbidden", "rateLimitExceeded", "userRateLimitExceeded", "backendError", "invalidArgument"];

/** None of these is anything that Google says; a proxy or a hotel's login page might. */
const RUBBISH = [
  "<html><body>Sign in to the network</body></html>",
  "",
  "null",
  "[]",
  '{"smimeInfo":5}',
  '{"smimeInfo":[{}]}',
  '{"error":{"code":503,"message":"upstream"}}',
  '{"smimeInfo":[{"id":"',
  "x".repeat(1024 * 1024 + 1),
];

/** Some servers echo what they were sent: every PKCS#12 of a scenario has this password, or none has (see `echoes`). */
const ECHO = JSON.stringify({
  error: { code: 400, message: `Bad Request: ${PASSWORD}`, errors: [{ reason: "invalidArgument" }] },
});

/** Units a minute, at 100 a write: fewer than these, and the mailboxes of one run wait for longer than the 120 s that a call is tried. */
const QUOTAS = [1500, 6000];

export function randomKnobs(random: Random, isTimed: boolean): Partial<Knobs> {
  return {
    firstInsertBecomesDefault: random.chance(50),
    deleteDefault: random.pick(["allow", "promote", "refuse"]),
    duplicateInsert: random.pick(["refuse", "second"]),
    listLag: random.pick([0, 0, 1, 2, 3]),
    auditLineEnds: random.pick(["any", "crlf", "lf"]),
    ...(!isTimed && random.chance(15) && { unitsPerMinute: random.pick(QUOTAS) }),
  };
}

export interface Setting {
  readonly places: readonly Place[];
  readonly knobs: Partial<Knobs>;
  /** Waits are real, so nothing that the provider answers with waits of half a minute. */
  readonly isTimed: boolean;
  /** Google may echo the password: then each insert is one with that password. */
  readonly echoes: boolean;
}

export function randomFault(random: Random, setting: Setting): Fault {
  const { places, isTimed } = setting;
  const name = random.pick(Object.keys(METHODS) as Method[]);
  const { method, path } = METHODS[name];
  const { user } = random.pick(places);
  const ofOneUser = name !== "token" && name !== "audit" && random.chance(50);
  const match = { method, path: ofOneUser ? `${user}.*${path}` : path };
  const times = isTimed ? random.between(1, 2) : random.pick([1, 1, 2, 3, 5, 1000]);
  return { match, times, headers: { [MARK]: "yes" }, ...trouble(random, name, setting) };
}

const KINDS = ["status", "status", "drop", "drop", "delay", "rubbish", "rate", "echo"] as const;

function trouble(random: Random, name: Method, setting: Setting): Partial<Fault> {
  const { knobs, isTimed } = setting;
  // An insert that got no answer is looked for for 30 s, unless it is there.
  const waitsLong = isTimed && name === "insert";
  const kind = random.pick(KINDS);
  switch (kind) {
    case "delay":
      return { delayMs: random.between(5, isTimed ? 1000 : 40) };
    case "drop":
      return { drop: waitsLong ? "after" : random.pick(["before", "after"]) };
    case "rate":
      return rateLimit(random, isTimed);
    case "echo":
      return name === "insert" && setting.echoes ? { status: 400, body: ECHO } : { drop: "after" };
    case "rubbish":
      return waitsLong ? { drop: "after" } : rubbish(random, name);
    case "status":
      return waitsLong ? { status: random.pick([403, 409, 412]) } : refusal(random, name, knobs);
  }
}

function rateLimit(random: Random, isTimed: boolean): Partial<Fault> {
  const seconds = isTimed ? 1 : random.pick([1, 10, 70]);
  const headers = random.chance(50) ? { "retry-after": String(seconds) } : {};
  return { status: 429, reason: "rateLimitExceeded", headers: { [MARK]: "yes", ...headers } };
}

/** Instead of the answer, with the work done or not. Where Google itself answers with nothing, nothing is no rubbish. */
function rubbish(random: Random, name: Method): Partial<Fault> {
  const maySayNothing = name === "setDefault" || name === "delete" || name === "audit";
  const bodies = maySayNothing ? RUBBISH.filter((body) => body !== "") : RUBBISH;
  return { status: random.pick([null, 200, 302, 502]), body: random.pick(bodies) };
}

/**
 * "Not found" in Google's own words is believed, so where it is not true a delete leaves what it should have deleted and,
 * where Google keeps duplicates, a second copy cannot be avoided: there it is another server's 404, which is not believed.
 */
function refusal(random: Random, name: Method, { duplicateInsert }: Partial<Knobs>): Partial<Fault> {
  const status = random.pick(STATUSES);
  const mayCopy = duplicateInsert === "second" && (name === "list" || name === "get");
  const isFalse = status === 404 && (mayCopy || name === "delete");
  return { status, reason: random.pick(REASONS), ...(isFalse && { body: "<html>404</html>" }) };
}
