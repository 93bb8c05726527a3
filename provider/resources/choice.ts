/**
 * Which of several certificates an address is to sign with, and whether that one is due for renewal: decided from inputs
 * and the clock, never by a request.
 */
import { UNKNOWN, type Args, type Draft, type Failure, type Field, type Unknown } from "../fields";
import { hasBegun, renewalDueAt } from "../keys/certificate";

export const choiceFields = {
  choose: {
    type: "string",
    input: "optional",
    values: ["furthestExpiry"],
    description:
      "Instead of certificateId: the unexpired one of `candidates` that expires last, decided at every preview.",
  },
  candidates: {
    type: "objects",
    item: {
      name: "Candidate",
      fields: {
        certificateId: {
          type: "string",
          input: "required",
          description: "The id of a SmimeCertificate, or Google's id of one on the address.",
        },
        expiration: { type: "string", input: "required", description: "When it expires, RFC 3339." },
        notBefore: {
          type: "string",
          input: "optional",
          description: "When it becomes valid, RFC 3339: before that it is not chosen.",
        },
      },
    },
    input: "optional",
    description: "What `choose` chooses among.",
  },
  renewBeforeDays: {
    type: "number",
    input: "optional",
    minimum: 1,
    maximum: 825,
    description: "With `choose`: days before its expiration at which the chosen certificate is due for renewal.",
  },
  expiryPolicy: {
    type: "string",
    input: "optional",
    values: ["warn", "error", "ignore"],
    description:
      "With `choose`: what a preview does where the chosen certificate is due or no candidate is valid. Default: warn.",
  },
} as const satisfies Record<string, Field>;
type F = typeof choiceFields;
type Choice = Draft<F> & { readonly certificateId?: string | Unknown };
type Candidate = NonNullable<Args<F>["candidates"]>[number];

/** What makes no choice, as far as it is known. */
export function choiceFailures({ certificateId, choose, candidates, ...about }: Choice): Failure[] {
  if (certificateId !== undefined && (choose !== undefined || candidates !== undefined))
    return [
      {
        field: "certificateId",
        reason: "certificateId and choose exclude each other. Set certificateId, or choose with candidates.",
      },
    ];
  if (certificateId !== undefined)
    return (["renewBeforeDays", "expiryPolicy"] as const)
      .filter((field) => about[field] !== undefined)
      .map((field) => ({ field, reason: `${field} goes with choose. Set it on the SmimeCertificate.` }));
  if (choose === undefined)
    return [
      {
        field: "certificateId",
        reason: "certificateId is required: the id of a SmimeCertificate, as in certificateId: alice.id.",
      },
    ];
  if (candidates === undefined || (candidates !== UNKNOWN && candidates.length === 0))
    return [
      {
        field: "candidates",
        reason: "candidates is required with choose, with at least one { certificateId, expiration }.",
      },
    ];
  return candidates === UNKNOWN ? [] : candidates.flatMap(timeFailures);
}

const timeFailures = (candidate: Candidate): Failure[] =>
  (["expiration", "notBefore"] as const).flatMap((name) => {
    const time: unknown = candidate[name];
    if (typeof time !== "string" || !Number.isNaN(Date.parse(time))) return [];
    const reason = `candidates: ${name} ${JSON.stringify(time)} is not an RFC 3339 time. Pass a SmimeCertificate's ${name}.`;
    return [{ field: "candidates", reason }];
  });

/** UNKNOWN until the times of all are known; undefined where none of them is valid. Of two that tie, the first. */
export function furthestExpiry(candidates: readonly Candidate[], now: Date): Candidate | Unknown | undefined {
  const times = candidates.flatMap((each): unknown[] => [each, each.expiration, each.notBefore]);
  if (times.includes(UNKNOWN)) return UNKNOWN;
  const valid = candidates.filter(({ expiration, notBefore }) => {
    const begun = notBefore === undefined || hasBegun(notBefore, now);
    return begun && Date.parse(expiration) > now.getTime();
  });
  return valid.sort((a, b) => Date.parse(b.expiration) - Date.parse(a.expiration))[0];
}

/** What the clock says against the choice, as `expiryPolicy` wants it told. Of a choice in which nothing is wrong. */
export function expiryOfChoice(inputs: Draft<F>, now: Date): { failures: Failure[]; warnings: string[] } {
  const { candidates, expiryPolicy } = inputs;
  const said = candidates === undefined || candidates === UNKNOWN ? undefined : complaint(candidates, inputs, now);
  if (said === undefined || expiryPolicy === "ignore") return { failures: [], warnings: [] };
  return expiryPolicy === "error"
    ? { failures: [{ field: "candidates", reason: `candidates: ${said}` }], warnings: [] }
    : { failures: [], warnings: [said] };
}

function complaint(candidates: readonly Candidate[], { renewBeforeDays: days }: Draft<F>, now: Date) {
  const chosen = furthestExpiry(candidates, now);
  if (chosen === UNKNOWN) return undefined;
  if (!chosen) {
    const expired = candidates.every(({ expiration }) => Date.parse(expiration) <= now.getTime());
    const why = expired ? "every candidate has expired" : "every candidate has expired or is not valid yet";
    return `${why}, so the default stays as it is. Add a new certificate.`;
  }
  const { expiration } = chosen;
  const due = typeof days === "number" ? renewalDueAt(expiration, days) : undefined;
  if (due === undefined || now.getTime() < Date.parse(due)) return undefined;
  return `the last of the candidates expires at ${expiration} and was due for renewal at ${due}. Add a new certificate.`;
}
