/** What an inspection finds: the findings that a preview of the resource would have, and whether any of them stops it. */
import type { Field, Result } from "../fields";
import type { Finding, KeyMaterialError } from "../keys/problem";

export const verdictRows = {
  usable: {
    type: "boolean",
    output: true,
    always: true,
    description: "Whether a preview would accept it: no finding is an error.",
  },
  findings: {
    type: "objects",
    output: true,
    always: true,
    item: {
      name: "Finding",
      fields: {
        code: { type: "string", input: "required", description: "A name for this kind of finding, such as expired." },
        severity: {
          type: "string",
          input: "required",
          values: ["error", "warning"],
          description: "An error stops a preview.",
        },
        field: { type: "string", input: "required", description: "The property of the resource that it is about." },
        reason: { type: "string", input: "required", description: "What is wrong, and the next step." },
      },
    },
    description: "Everything that a preview of the resource would say.",
  },
} as const satisfies Record<string, Field>;

type Verdict = Result<typeof verdictRows>;

export const verdict = (findings: readonly Finding[]): Verdict => ({
  usable: findings.every(({ severity }) => severity !== "error"),
  findings,
});

/** A file that cannot be read is an answer, not an exception: it is what the caller wanted to know. */
export const unreadable = ({ problems }: KeyMaterialError): Verdict =>
  verdict(problems.map((problem) => ({ ...problem, severity: "error" })));
