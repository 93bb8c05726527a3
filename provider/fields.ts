/**
 * One row per property. Types, shape validation, diff, schema and docs all come from these rows, so a rule about a
 * property is written once.
 */

/** A value that is not known before `pulumi up` (an output of a resource that does not exist yet). */
export const UNKNOWN = Symbol("unknown");
export type Unknown = typeof UNKNOWN;

/** A Pulumi Asset as the core sees it: a file read from its path when needed, or text. `uri` is refused by Check. */
export interface Asset {
  /** `hash`: SHA-256 of the file when the engine saw it, lower-case hex. */
  readonly asset:
    { readonly path: string; readonly hash?: string } | { readonly text: string } | { readonly uri: string };
}

interface ValueTypes {
  string: string;
  number: number;
  boolean: boolean;
  strings: readonly string[];
  /** Key material: text in place, or an Asset. */
  material: string | Asset;
  /** A list of objects, each as the rows of {@link Field.item} say. */
  objects: readonly object[];
}

/** The rows of the objects in a list, and what the schema calls one of them. */
interface Item {
  readonly name: string;
  readonly fields: Fields;
}

export interface Field {
  readonly type: keyof ValueTypes;
  /** Of `objects` only. */
  readonly item?: Item;
  /** `checked`: not written by the user but computed by Check and kept among the inputs. Absent: not an input. */
  readonly input?: "required" | "optional" | "checked";
  /** Kept in the resource's state and shown as an output. */
  readonly output?: true;
  /** Of an output: never left out. (State that an older version wrote may lack it all the same.) */
  readonly always?: true;
  readonly secret?: true;
  /** Another value means another object at Google: create the new one, then delete the old one. */
  readonly replaces?: true;
  /** Compared by the resource's own diff: input and output are not written alike. */
  readonly ownDiff?: true;
  /** The output that shows what differs where this input itself does not. */
  readonly shownBy?: string;
  /** A text that may be empty: elsewhere that is a mistake. */
  readonly mayBeEmpty?: true;
  readonly values?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description: string;
}
export type Fields = Readonly<Record<string, Field>>;

type ValueOf<R extends Field> = R extends { readonly values: readonly (infer V)[] }
  ? V
  : R extends { readonly item: { readonly fields: infer I extends Fields } }
    ? readonly Args<I>[]
    : ValueTypes[R["type"]];
type Writable = "required" | "optional";
type Rows<F extends Fields, Flow> = { [K in keyof F]: F[K] extends Flow ? K : never }[keyof F];

/** What a program writes. */
export type Args<F extends Fields> = {
  readonly [K in Rows<F, { readonly input: "required" }>]: ValueOf<F[K]>;
} & { readonly [K in Rows<F, { readonly input: "optional" }>]?: ValueOf<F[K]> };

/** What Check hands on to create and update: the arguments, with what Check computed. */
export type Inputs<F extends Fields> = Args<F> & {
  readonly [K in Rows<F, { readonly input: "checked" }>]?: ValueOf<F[K]>;
};

/** Inputs in a preview: any of them may not be known yet, and before validation any may be missing. */
export type Draft<F extends Fields> = {
  readonly [K in Rows<F, { readonly input: Writable | "checked" }>]?: ValueOf<F[K]> | Unknown;
};

/** What is kept in state. Every row may be missing: state can come from an older version. */
export type State<F extends Fields> = { readonly [K in Rows<F, { readonly output: true }>]?: ValueOf<F[K]> };

/** What a preview can say of the state to come; a row left out is not known yet, one that will be absent is undefined. */
export type Foreseen<F extends Fields> = {
  readonly [K in Rows<F, { readonly output: true }>]?: ValueOf<F[K]> | Unknown | undefined;
};

/** What a function answers with. */
export type Result<F extends Fields> = {
  readonly [K in Rows<F, { readonly always: true }>]: ValueOf<F[K]>;
} & State<F>;

/** A row's values by name, as adapters hand them in and take them out. */
export type Values = Readonly<Record<string, unknown>>;

/** What is wrong with one property. `field` is empty when no single one is to blame. */
export interface Failure {
  readonly field: string;
  readonly reason: string;
}

/** Keeps the values of rows that `wanted` accepts; everything else (such as `__provider`) is dropped. */
export function pick(fields: Fields, values: Values, wanted: (field: Field) => boolean): Values {
  const kept: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name];
    if (wanted(field) && value !== undefined && value !== null) kept[name] = value;
  }
  return kept;
}

/** The same of what a state holds: a value of another type, by another version or by hand, is as good as missing. */
export function pickSound(fields: Fields, values: Values, wanted: (field: Field) => boolean): Values {
  const isSound = (name: string, value: unknown): boolean => {
    const field = fields[name];
    return field !== undefined && SHAPES[field.type](value, field);
  };
  return Object.fromEntries(
    Object.entries(pick(fields, values, wanted)).filter(([name, value]) => isSound(name, value)),
  );
}

/** Every way in which `values` does not have the shape that the rows ask for; `owner` is what the rows belong to. */
export function shapeFailures(fields: Fields, values: Values, owner = "resource"): Failure[] {
  const failures: Failure[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name];
    if (value === undefined || value === null) {
      if (field.input === "required")
        failures.push({ field: name, reason: `${name} is required: ${field.description}` });
    } else if (isWritable(field) && value !== UNKNOWN) {
      const reason = wrongShape(field, value);
      if (reason) failures.push({ field: name, reason: `${name} ${reason}` });
    }
  }
  for (const name of Object.keys(values)) {
    const field = fields[name];
    if (values[name] !== undefined && !(field && isWritable(field)))
      failures.push({ field: name, reason: strangerReason(fields, name, owner) });
  }
  return failures;
}

/** Whether a program may write it. */
export const isWritable = (field: Field): boolean => field.input === "required" || field.input === "optional";

function strangerReason(fields: Fields, name: string, owner: string): string {
  const known = Object.keys(fields).filter((key) => isWritable(fields[key] as Field));
  const what = fields[name] ? "an output, not an input" : "not a property";
  return `${name} is ${what} of this ${owner}. It takes ${known.join(", ")}.`;
}

function wrongShape(field: Field, value: unknown): string | undefined {
  if (!SHAPES[field.type](value, field)) return `must be ${noun(field)}.`;
  if (value === "" && field.type !== "material" && !field.mayBeEmpty) return "must not be empty. Leave it out instead.";
  if (field.values && !field.values.includes(String(value))) return `must be one of ${field.values.join(", ")}.`;
  if (typeof value === "number" && !within(field, value)) {
    return `must be a whole number from ${String(field.minimum)} to ${String(field.maximum)}.`;
  }
  return undefined;
}

const within = (field: Field, value: number): boolean =>
  Number.isInteger(value) && value >= (field.minimum ?? -Infinity) && value <= (field.maximum ?? Infinity);

const NOUNS: Record<Field["type"], string> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  strings: "a list of strings",
  material: "a string or an asset (pulumi.asset.FileAsset or StringAsset)",
  objects: "a list of",
};

const noun = ({ type, item }: Field): string =>
  item ? `${NOUNS[type]} { ${Object.keys(item.fields).join(", ")} }` : NOUNS[type];

const SHAPES: Record<Field["type"], (value: unknown, field: Field) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  material: (value) => typeof value === "string" || isAsset(value),
  objects: (value, { item }) => Array.isArray(value) && value.every((one) => one === UNKNOWN || isItem(one, item)),
};

function isAsset(value: unknown): value is Asset {
  if (typeof value !== "object" || value === null) return false;
  const { asset } = value as { asset?: unknown };
  if (typeof asset !== "object" || asset === null) return false;
  return ["path", "text", "uri"].some((kind) => typeof (asset as Record<string, unknown>)[kind] === "string");
}

function isItem(value: unknown, item: Item | undefined): boolean {
  return typeof value === "object" && value !== null && shapeFailures(item?.fields ?? {}, value as Values).length === 0;
}

/** What is wrong with what a question was asked with. `owner` is what the rows belong to. */
export function questionFailures(fields: Fields, values: Values, owner: string): Failure[] {
  const unknown = Object.keys(values).filter((name) => values[name] === UNKNOWN);
  return [
    ...shapeFailures(fields, values, owner),
    ...unknown.map((field) => ({ field, reason: `${field} is not known yet, so there is nothing to ask for.` })),
  ].map((failure) => hideValue(fields, failure));
}

/**
 * The engine prints the value of the property that a failure names. A secret, key material of any kind (a private key may
 * have been put there by mistake) and a property we do not know (a misspelt one) are named in the reason only.
 */
export function hideValue(fields: Fields, failure: Failure): Failure {
  const field = fields[failure.field];
  const harmless = field !== undefined && !field.secret && field.type !== "material";
  return harmless ? failure : { field: "", reason: failure.reason };
}
