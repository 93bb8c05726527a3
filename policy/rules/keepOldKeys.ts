/** Old keys must stay in Gmail: mail encrypted to them cannot be read there without, and no key can be had back. */
import type { Rule, Subject } from "../rule";

export const keepOldKeys: Rule = {
  name: "keep-old-keys",
  description: "Keys must not be deleted from Gmail.",
  level: "mandatory",
  settings: ["maxDeletes"],
  asked: "inputs",
  check: (subject, settings) => {
    const { kind } = subject;
    if (kind !== "SmimeCertificate" && kind !== "SmimeFleet") return [];
    const wrong = [...byProperties(subject), ...byOptions(subject)];
    const { maxDeletes } = subject.properties;
    if (kind === "SmimeFleet" && typeof maxDeletes === "number" && maxDeletes > settings.maxDeletes)
      wrong.push(
        `maxDeletes: ${String(maxDeletes)} rows may be removed with their keys, and the policy allows ${String(settings.maxDeletes)}. ` +
          "Leave it out; where those keys are really to go, raise maxDeletes in the policy's configuration for that update.",
      );
    return wrong;
  },
};

function byProperties({ properties }: Subject): string[] {
  const { onDelete, previous } = properties;
  return [
    ...(onDelete === "delete"
      ? ['onDelete: "delete" deletes keys that were there before, too. Leave it out, or set "retain".']
      : []),
    ...(previous === "delete"
      ? ['previous: "delete" deletes the key of each file that is replaced. Leave it out.']
      : []),
  ];
}

const byOptions = ({ deletesBeforeReplace }: Subject): string[] =>
  deletesBeforeReplace
    ? ["deleteBeforeReplace: the old key would be gone before the new one is there. Leave this option out."]
    : [];
