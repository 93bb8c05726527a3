/**
 * The Pulumi package schema, made from the rows: what GetSchema answers, what sdk/schema.json holds, and what Pulumi's
 * own codegen turns into the SDKs of other languages. No rule about a property is written here.
 */
import { settingsFields } from "../settings";
import { isWritable, type Field, type Fields } from "../fields";
import { functions } from "../functions";
import { resources, type AnyResource, type Token } from "../resources";
import { examples } from "./schemaExamples";
import { functionExamples } from "./schemaFunctionExamples";
import { functionNotes, noteSections, resourceNotes } from "./schemaNotes";
import { exampleSection } from "./schemaProgram";

type Json = Readonly<Record<string, unknown>>;

const PACKAGE = "google-workspace-mail";
const NPM_PACKAGE = "pulumi-google-workspace-mail";
const tokenOf = (name: string): string => `${PACKAGE}:index:${name}`;

/** `version` is that of package.json: the SDKs ask the engine for the plugin of exactly this version. */
export function packageSchema(version: string): object {
  return {
    name: PACKAGE,
    displayName: "Google Workspace mail keys",
    version,
    description:
      "Google Workspace mail keys: Gmail S/MIME certificates, the one an address signs with, and the Email Audit API's OpenPGP key.",
    keywords: ["pulumi", "google-workspace", "gmail", "smime", "openpgp", "category/utility", "kind/native"],
    license: "Apache-2.0",
    publisher: NPM_PACKAGE,
    meta: { supportPack: true },
    config: { variables: settings((environment) => ({ defaultInfo: { environment } })) },
    provider: {
      description: "The settings for one Workspace domain. What is left out is taken from the plugin's environment.",
      inputProperties: settings(() => ({})),
    },
    types: itemTypes([...Object.values(resources), ...Object.values(functions)].flatMap(rowsOf)),
    resources: byToken(resources, (resource, token) => resourceSpec(resource, token as Token)),
    functions: byToken(functions, (rows, name) => functionSpec(rows, name as FunctionName)),
    language: LANGUAGES,
  };
}

/** The SDKs carry the schema's version, so that a program gets the plugin that its SDK was made for. */
const LANGUAGES = {
  nodejs: { packageName: NPM_PACKAGE, respectSchemaVersion: true },
  python: { packageName: "pulumi_google_workspace_mail", pyproject: { enabled: true }, respectSchemaVersion: true },
  go: { importBasePath: `${NPM_PACKAGE}/sdk/go/googleworkspacemail`, respectSchemaVersion: true },
  csharp: { respectSchemaVersion: true },
};

/**
 * The variables are named in the text of the provider's inputs and not as their defaults: SDKs would read those when the
 * program runs, and so put a credential of the environment into the state. The plugin reads the environment itself.
 */
function settings(more: (environment: readonly string[]) => Json): Json {
  return mapValues(settingsFields, ({ description, secret, environment }) => ({
    type: "string",
    description: `${description} From the environment: ${quoted(environment)}${environment.length > 1 ? ", the first that is set" : ""}.`,
    ...(secret && { secret }),
    ...more(environment),
  }));
}

function resourceSpec({ description, fields, list }: AnyResource, token: Token): Json {
  const outputs = objectSpec(fields, isOutput, isAlways);
  const inputs = objectSpec(fields, isWritable, isRequired);
  return {
    description: `${description}\n\n${exampleSection(examples[token])}${noteSections(tokenOf(token), resourceNotes[token])}`,
    properties: outputs.properties,
    required: outputs.required,
    inputProperties: inputs.properties,
    requiredInputs: inputs.required,
    ...(list && { listInputs: objectSpec(list.fields, isWritable, isRequired) }),
    // a stack made with the dynamic classes becomes one of the plugin's without a change at Google
    aliases: [{ type: `pulumi-nodejs:dynamic/${PACKAGE}:${token}` }],
  };
}

interface FunctionRows {
  readonly description: string;
  readonly args: Fields;
  readonly result: Fields;
}

type FunctionName = keyof typeof functionExamples;

const functionSpec = ({ description, args, result }: FunctionRows, name: FunctionName): Json => ({
  description: `${description}\n\n${exampleSection(functionExamples[name])}${noteSections(tokenOf(name), functionNotes[name])}`,
  inputs: objectSpec(args, isWritable, isRequired),
  outputs: objectSpec(result, isOutput, isAlways),
});

const isOutput = (field: Field): boolean => field.output === true;
const isAlways = (field: Field): boolean => field.always === true;
const isRequired = (field: Field): boolean => field.input === "required";
const isAny = (): boolean => true;

type Wanted = (field: Field) => boolean;

function objectSpec(fields: Fields, wanted: Wanted, required: Wanted) {
  const rows = Object.entries(fields).filter(([, field]) => wanted(field));
  const names = rows.filter(([, field]) => required(field)).map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(rows.map(([name, field]) => [name, propertySpec(field)])),
    ...(names.length > 0 && { required: names }), // as Pulumi's own tools write it
  };
}

const propertySpec = (field: Field): Json => ({
  ...TYPES[field.type](field),
  description: describe(field),
  ...(field.secret && { secret: true }),
  ...(field.replaces && { replaceOnChanges: true }),
});

const TYPES: Record<Field["type"], (field: Field) => Json> = {
  string: () => ({ type: "string" }),
  number: () => ({ type: "integer" }), // fields.ts takes whole numbers only
  boolean: () => ({ type: "boolean" }),
  strings: () => ({ type: "array", items: { type: "string" } }),
  material: () => ({ oneOf: [{ type: "string" }, { $ref: "pulumi.json#/Asset" }] }),
  objects: ({ item }) => ({ type: "array", items: { $ref: `#/types/${tokenOf(item?.name ?? "")}` } }),
};

/** Allowed values stay words: an enum type would make `mail.OnDelete.Retain` of `"retain"`, another name in each language. */
function describe({ description, values, minimum, maximum }: Field): string {
  const sentences = [description];
  if (values) sentences.push(`One of ${quoted(values)}.`);
  if (minimum !== undefined && maximum !== undefined) sentences.push(`From ${minimum} to ${maximum}.`);
  return sentences.join(" ");
}

const quoted = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(", ");

/** What the rows of lists are made of, each by its name once. */
function itemTypes(rows: readonly Field[]): Json {
  const items = rows.flatMap(({ item }) => item ?? []);
  const nested = items.flatMap(({ name, fields }) => [[tokenOf(name), objectSpec(fields, isAny, isRequired)] as const]);
  return Object.fromEntries(nested);
}

const rowsOf = (owner: { readonly fields: Fields } | FunctionRows): Field[] =>
  Object.values("fields" in owner ? owner.fields : { ...owner.args, ...owner.result });

const mapValues = <V>(record: Readonly<Record<string, V>>, map: (value: V, key: string) => Json): Json =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));

const byToken = <V>(registry: Readonly<Record<string, V>>, map: (value: V, key: string) => Json): Json =>
  Object.fromEntries(Object.entries(mapValues(registry, map)).map(([name, spec]) => [tokenOf(name), spec]));
