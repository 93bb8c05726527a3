/** What an address signs with should be protected: it cannot be unset at Google, only moved. */
import type { Rule } from "../rule";

export const protectDefault: Rule = {
  name: "protect-default",
  description: "Defaults must be protected from deletion.",
  level: "advisory",
  settings: [],
  asked: "inputs",
  check: ({ kind, isProtected }) =>
    kind === "DefaultSmimeCertificate" && !isProtected
      ? [
          "protect is not set: a rename or a removed line would move the address to another certificate. " +
            "Set { protect: true } among the resource's options, or on the SmimeIdentity that it is part of.",
        ]
      : [],
};
