/**
 * What an example of the schema is: one program in each language, for the descriptions of resources and functions, which
 * registry pages and the doc comments of the SDKs show. Programs are text here, and not files, because the packed plugin is
 * a single file.
 */
export type Language = "typescript" | "python" | "go" | "yaml";
export type Programs = Readonly<Record<Language, string>>;

export const SDK = "github.com/pulumi/pulumi/sdk/v3/go/pulumi";

/** The body of a Go program, which is the only part that differs. Its last line returns. */
export const go = (imports: readonly string[], ...body: readonly string[]): string => `package main

import (
${imports.map((path) => `\t"${path}"\n`).join("")}
\tmail "pulumi-google-workspace-mail/sdk/go/googleworkspacemail"
)

func main() {
\tpulumi.Run(func(ctx *pulumi.Context) error {
${body.map((line) => `\t\t${line}\n`).join("")}\t})
}
`;

/** As Pulumi's codegen and registry read it: each shows the program of its own language. */
export function exampleSection(programs: Programs): string {
  const blocks = Object.entries(programs).map(([language, program]) => `\`\`\`${language}\n${program}\`\`\`\n`);
  return `{{% examples %}}\n## Example Usage\n\n{{% example %}}\n${blocks.join("\n")}{{% /example %}}\n{{% /examples %}}`;
}
