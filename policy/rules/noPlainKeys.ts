/** No private key in a property of any resource, unless it is a secret: the state would hold it for everybody to read. */
import { keysIn } from "../keyMaterial";
import type { Kind, Rule } from "../rule";

export const noPlainKeys: Rule = {
  name: "no-plain-keys",
  description: "Private keys must not stand in properties in plain.",
  level: "remediate",
  settings: [],
  asked: "inputs",
  seesSecrets: true,
  check: ({ kind, properties, secretsAreKnown }) => {
    const doubtful = Object.entries(properties).filter(([name]) => !isSecretOf(kind, name));
    const found = keysIn(secretsAreKnown ? properties : Object.fromEntries(doubtful));
    return found.map(({ path, what }) => `${path}: it holds ${what}. ${NEXT}${secretsAreKnown ? "" : DOUBT}`);
  },
};

/** Both adapters make these secrets, whatever the program does. */
const isSecretOf = (kind: Kind | undefined, name: string): boolean =>
  kind !== undefined && ["pkcs12", "password", "privateKey", "passwords"].includes(name);

const NEXT =
  "Take it from a secret of the stack's configuration or wrap it in pulumi.secret(), or give a FileAsset, of which only the path is stored. " +
  "If it was in a state or in Git already, it is known: have another key made.";

const DOUBT =
  " At this enforcement level a policy is not told whether it is a secret: set the level to remediate, or to disabled.";
