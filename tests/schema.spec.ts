/** The package schema says what the rows say, and the file in sdk/ is what the source gives. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageSchema } from "../provider/adapters/schema";
import { settingsFields } from "../provider/settings";
import { isWritable, type Field, type Fields } from "../provider/fields";
import { functions } from "../provider/functions";
import { resourceOf, resources } from "../provider/resources";
import { ROOT } from "./markdown";

interface Property {
  readonly type?: string;
  readonly items?: Property;
  readonly oneOf?: readonly Property[];
  readonly $ref?: string;
  readonly description: string;
  readonly secret?: boolean;
  readonly replaceOnChanges?: boolean;
  readonly defaultInfo?: { readonly environment: readonly string[] };
}
type Properties = Readonly<Record<string, Property>>;
interface ObjectSpec {
  readonly properties: Properties;
  /** Left out where nothing is. */
  readonly required?: readonly string[];
}
interface ResourceSpec extends ObjectSpec {
  readonly description: string;
  readonly inputProperties: Properties;
  readonly requiredInputs: readonly string[];
  readonly listInputs?: ObjectSpec;
  readonly aliases: readonly { readonly type: string }[];
}
interface Schema {
  readonly name: string;
  readonly version: string;
  readonly config: { readonly variables: Properties };
  readonly provider: { readonly inputProperties: Properties };
  readonly resources: Readonly<Record<string, ResourceSpec>>;
  readonly functions: Readonly<Record<string, { readonly inputs: ObjectSpec; readonly outputs: ObjectSpec }>>;
  readonly types: Readonly<Record<string, ObjectSpec>>;
}

/** A resource or a function. */
interface Owner {
  readonly fields?: Fields;
  readonly args?: Fields;
  readonly result?: Fields;
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), "utf8"));
const schema = read("sdk/schema.json") as Schema;
const { version } = read("package.json") as { version: string };
const tokenOf = (name: string): string => `google-workspace-mail:index:${name}`;

describe("the package schema", () => {
  it("in sdk/ is what the source gives: run `npm run sdk` after a change of rows, examples or version", () => {
    assert.deepEqual(schema, packageSchema(version));
  });

  it("has the plugin's name, this package's version, and every resource and function, no other", () => {
    assert.deepEqual([schema.name, schema.version], ["google-workspace-mail", version]);
    assert.deepEqual(Object.keys(schema.resources), Object.keys(resources).map(tokenOf));
    assert.deepEqual(Object.keys(schema.functions), Object.keys(functions).map(tokenOf));
  });

  for (const name of Object.keys(resources)) {
    const { fields, list } = resourceOf(name);
    const spec = schema.resources[tokenOf(name)];
    assert.ok(spec);

    it(`gives ${name} the inputs that a program may write`, () => {
      tells(spec.inputProperties, fields, isWritable);
      assert.deepEqual(spec.requiredInputs, namesOf(fields, isRequired));
    });

    it(`gives ${name} the outputs that state keeps`, () => {
      tells(spec.properties, fields, isOutput);
      assert.deepEqual(spec.required, namesOf(fields, isAlways));
    });

    it(`lets ${name} take over the dynamic class, and says by what it is listed`, () => {
      assert.deepEqual(spec.aliases, [{ type: `pulumi-nodejs:dynamic/google-workspace-mail:${name}` }]);
      assert.deepEqual(Object.keys(spec.listInputs?.properties ?? {}), Object.keys(list?.fields ?? {}));
      assert.deepEqual(spec.listInputs?.required ?? [], namesOf(list?.fields ?? {}, isRequired));
    });
  }

  for (const [name, { args, result }] of Object.entries(functions)) {
    it(`gives ${name} its arguments and its result`, () => {
      const { inputs, outputs } = schema.functions[tokenOf(name)] ?? assert.fail();
      tells(inputs.properties, args, isWritable);
      assert.deepEqual(inputs.required ?? [], namesOf(args, isRequired));
      tells(outputs.properties, result, isOutput);
      assert.deepEqual(outputs.required, namesOf(result, isAlways));
    });
  }

  it("defines what lists of objects hold, each once", () => {
    const owners: readonly Owner[] = [...Object.values(resources), ...Object.values(functions)];
    const rows = owners.flatMap(({ fields, args, result }) => Object.values({ ...fields, ...args, ...result }));
    const items = rows.flatMap(({ item }) => item ?? []);
    assert.ok(items.length > 3);
    for (const { name, fields } of items) {
      const { properties, required } = schema.types[tokenOf(name)] ?? assert.fail();
      tells(properties, fields, () => true);
      assert.deepEqual(required, namesOf(fields, isRequired));
    }
    assert.deepEqual(new Set(Object.keys(schema.types)), new Set(items.map(({ name }) => tokenOf(name))));
  });

  it("names the variables of each setting, but as defaults only of what is never stored", () => {
    for (const properties of [schema.config.variables, schema.provider.inputProperties]) {
      assert.deepEqual(Object.keys(properties), Object.keys(settingsFields));
      for (const [name, { secret, environment }] of Object.entries(settingsFields)) {
        assert.equal(properties[name]?.secret ?? false, secret, name);
        for (const variable of environment) assert.ok(properties[name]?.description.includes(`\`${variable}\``));
      }
    }
    const defaults = (properties: Properties) => Object.values(properties).map((each) => each.defaultInfo?.environment);
    const variables = Object.values(settingsFields).map(({ environment }) => environment);
    assert.deepEqual(defaults(schema.config.variables), variables);
    // an SDK would read them when the program runs and keep a credential of the environment in the state
    assert.deepEqual(new Set(defaults(schema.provider.inputProperties)), new Set([undefined]));
  });
});

const isOutput = (field: Field): boolean => field.output === true;
const isAlways = (field: Field): boolean => field.always === true;
const isRequired = (field: Field): boolean => field.input === "required";
const namesOf = (fields: Fields, wanted: (field: Field) => boolean): string[] =>
  Object.entries(fields).flatMap(([name, field]) => (wanted(field) ? [name] : []));

/** `properties` are these rows, in their order, with everything that a row says. */
function tells(properties: Properties, fields: Fields, wanted: (field: Field) => boolean): void {
  assert.deepEqual(Object.keys(properties), namesOf(fields, wanted));
  for (const [name, property] of Object.entries(properties)) {
    const field = fields[name] ?? assert.fail(name);
    assert.equal(typeOf(property), typeName(field), name);
    assert.equal(property.secret ?? false, field.secret ?? false, name);
    assert.equal(property.replaceOnChanges ?? false, field.replaces ?? false, name);
    assert.ok(property.description.startsWith(field.description), name);
    for (const value of [...(field.values ?? []), field.minimum, field.maximum])
      assert.ok(value === undefined || property.description.includes(String(value)), `${name} ${value}`);
  }
}

function typeOf({ type, items, oneOf, $ref }: Property): string {
  if (oneOf) return oneOf.map((one) => one.type ?? one.$ref).join(" or ");
  return items ? `list of ${items.type ?? items.$ref}` : (type ?? $ref ?? "");
}

function typeName({ type, item }: Field): string {
  const names: Record<Field["type"], string> = {
    string: "string",
    number: "integer",
    boolean: "boolean",
    strings: "list of string",
    material: "string or pulumi.json#/Asset",
    objects: `list of #/types/${tokenOf(item?.name ?? "")}`,
  };
  return names[type];
}
