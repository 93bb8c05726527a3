// The pages of docs/resources/ and docs/functions/, made from the package schema alone: `npm run sdk` writes them, and
// tests/docsPages.spec.ts holds the files against them.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";

const LANGUAGES = { typescript: "TypeScript", python: "Python", go: "Go", yaml: "YAML" };
const nameOf = (token) => token.split(":").at(-1);

/** The text of each page, by its path below docs/. */
export function pages(schema) {
  const resources = Object.entries(schema.resources).map(([token, spec]) => [
    `resources/${nameOf(token)}.md`,
    resourcePage(token, spec, schema),
  ]);
  const functions = Object.entries(schema.functions).map(([token, spec]) => [
    `functions/${nameOf(token)}.md`,
    functionPage(token, spec, schema),
  ]);
  return new Map([...resources, ...functions]);
}

/** What the schema has no longer, goes; what others wrote beside it (docs/resources/SmimeIdentity.md) stays. */
export function writePages(schema, folder) {
  const wanted = pages(schema);
  for (const below of ["resources", "functions"]) {
    mkdirSync(path.join(folder, below), { recursive: true });
    const files = readdirSync(path.join(folder, below)).map((name) => `${below}/${name}`);
    const stale = files.filter((file) => !wanted.has(file) && !BY_HAND.includes(file));
    for (const file of stale) rmSync(path.join(folder, file));
  }
  for (const [file, text] of wanted) writeFileSync(path.join(folder, file), text);
}

/** A component in TypeScript, which the schema does not have. */
export const BY_HAND = ["resources/SmimeIdentity.md"];

const GENERATED =
  "<!-- Written by `npm run sdk` from sdk/schema.json: change the rows in provider/, not this page. -->";

function resourcePage(token, spec, schema) {
  const { summary, examples, notes } = partsOf(spec.description);
  return page([
    `# ${nameOf(token)}`,
    GENERATED,
    summary,
    `Type: \`${token}\`, in YAML \`${token.replace(":index:", ":")}\`. In TypeScript the root of the package has the same class as a [dynamic provider](../limits.md#the-dynamic-classes). What it does when, and why, is in the [README](../../README.md#${nameOf(token).toLowerCase()}).`,
    ...examples,
    "## Inputs",
    `${NAMES} What replaces means another object at Google: the new one is made first, the old one deleted last. Secrets are encrypted in the state.`,
    table("input", rowsOf(spec.inputProperties, spec.requiredInputs)),
    "## Outputs",
    table("output", [["`id`", "string", "The resource's full name."], ...outputsOf(spec.properties, spec.required)]),
    ...typeSections(spec.inputProperties, schema, rowsOf),
    ...typeSections(spec.properties, schema, outputsOf),
    ...notes,
  ]);
}

function functionPage(token, { description, inputs, outputs }, schema) {
  const { summary, examples, notes } = partsOf(description);
  return page([
    `# ${nameOf(token)}`,
    GENERATED,
    summary,
    `Token: \`${token}\`, in YAML \`${token.replace(":index:", ":")}\`. TypeScript, Python and Go have it in a plain form, and with a name that ends in \`Output\` (in Python \`_output\`) in one that takes and gives outputs. The root of the package has the plain form for TypeScript without the plugin. More is in the [README](../../README.md#functions).`,
    ...examples,
    "## Arguments",
    NAMES,
    table("argument", rowsOf(inputs.properties, inputs.required)),
    "## Results",
    table("result", outputsOf(outputs.properties, outputs.required)),
    ...typeSections(inputs.properties, schema, rowsOf),
    ...typeSections(outputs.properties, schema, outputsOf),
    ...notes,
  ]);
}

const NAMES = "In Python the names are in snake_case; in Go they begin with a capital letter.";

const page = (parts) => `${parts.filter((part) => part !== "").join("\n\n")}\n`;

/** A description is a sentence, an example section, and sections after it. */
function partsOf(description) {
  const [summary, rest = ""] = description.split("\n\n{{% examples %}}\n");
  const [shown = "", after = ""] = rest.split("{{% /examples %}}");
  const blocks = [...shown.matchAll(/^```(\w+)\n[^]*?^```$/gm)];
  const examples = blocks.flatMap(([block, language]) => [`### ${LANGUAGES[language]}`, block]);
  return { summary, examples: ["## Example", ...examples], notes: after.trim() === "" ? [] : [after.trim()] };
}

/** Of what a program writes. */
const rowsOf = (properties, required = []) =>
  rows(properties, (name, { replaceOnChanges }) => [
    ...(required.includes(name) ? ["Required."] : []),
    ...(replaceOnChanges ? ["Replaces."] : []),
  ]);

/** Of what a program reads. */
const outputsOf = (properties, required = []) =>
  rows(properties, (name) => (required.includes(name) ? [] : ["May be absent."]));

const rows = (properties, marksOf) =>
  Object.entries(properties).map(([name, property]) => {
    const marks = [...marksOf(name, property), ...(property.secret ? ["Secret."] : [])];
    return [`\`${name}\``, typeOf(property), cell([...marks.map((mark) => `**${mark}**`), property.description])];
  });

const cell = (sentences) => sentences.join(" ").replaceAll("|", "\\|");

function typeOf({ type, items, oneOf, $ref }) {
  if (oneOf) return oneOf.map(typeOf).join(" or ");
  if ($ref) return $ref.startsWith("#/types/") ? linkTo(nameOf($ref)) : $ref.split("/").at(-1);
  return type === "array" ? `list of ${typeOf(items)}` : type;
}

const linkTo = (name) => `[${name}](#${name.toLowerCase()})`;

/** Of the objects in lists, each once. */
function typeSections(properties, schema, rowsLike) {
  const names = new Set(Object.values(properties).flatMap(({ items }) => items?.$ref ?? []));
  return [...names].flatMap((ref) => {
    const { properties: fields, required } = schema.types[ref.replace("#/types/", "")];
    return [`### ${nameOf(ref)}`, table("field", rowsLike(fields, required))];
  });
}

const table = (head, rows) =>
  rows.length === 0
    ? "None."
    : [`| ${head} | type | |`, "| --- | --- | --- |", ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
