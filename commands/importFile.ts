/** The file that `pulumi import --file` reads (pulumi pkg/cmd/pulumi/operations/import.go: importSpec). */
import type { Listed } from "../provider/list";

export interface Adoptable extends Listed {
  readonly token: "SmimeCertificate" | "DefaultSmimeCertificate";
}

/** As JSON. `name` is the variable in the code that Pulumi writes, `logicalName` the resource's name. */
export function importFile(found: readonly Adoptable[]): string {
  const taken = new Set<string>();
  const resources = found.map(({ token, id, name }) => ({
    type: `google-workspace-mail:index:${token}`,
    name: untaken(identifier(name), taken),
    logicalName: name,
    id,
  }));
  return `${JSON.stringify({ resources }, null, 2)}\n`;
}

/** What every language takes for a variable: `alice_example_com_2027_11_01`. */
const identifier = (name: string): string => name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^(?=\d)/, "_");

/** `a.b@example.com` and `a-b@example.com` become one identifier: the second gets a number. */
function untaken(name: string, taken: Set<string>): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}_${String(number)}`;
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return candidate;
  }
}
