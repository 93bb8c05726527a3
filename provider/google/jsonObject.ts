/** JSON of others, of which nothing is known: anything but an object is as good as an empty one. */
type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const object = (value: unknown): JsonObject => (isObject(value) ? value : {});

export function parseJson(text: string): JsonObject {
  try {
    return object(JSON.parse(text));
  } catch {
    return {};
  }
}
