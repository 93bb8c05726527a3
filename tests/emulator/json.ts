// Reading JSON whose shape is not ours: each function says where a value is wrong, and never repeats the value.

export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ShapeError(`${where} is not JSON`);
  }
}

/** An object that has no other keys than these. */
export function readObject(value: unknown, where: string, keys: readonly string[]): Record<string, unknown> {
  if (!isObject(value)) throw new ShapeError(`${where} must be an object`);
  const unknown = Object.keys(value).filter((key) => !keys.includes(key));
  if (unknown.length > 0) throw new ShapeError(`${where} has the unknown key ${unknown.join(", ")}`);
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function readString(value: unknown, where: string): string {
  if (typeof value !== "string" || value === "") throw new ShapeError(`${where} must be a text`);
  return value;
}

export function readBoolean(value: unknown, where: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") throw new ShapeError(`${where} must be true or false`);
  return value;
}

export function readCount(value: unknown, where: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
    throw new ShapeError(`${where} must be a whole number, 0 or more`);
  }
  return value;
}

export function readList<T>(value: unknown, where: string, item: (value: unknown, where: string) => T): T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new ShapeError(`${where} must be an array`);
  return value.map((each: unknown, index) => item(each, `${where}[${String(index)}]`));
}

export function readChoice<T extends string>(value: unknown, where: string, choices: readonly T[], otherwise: T): T {
  if (value === undefined) return otherwise;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new ShapeError(`${where} must be one of ${choices.join(", ")}`);
  return found;
}

export function readInstant(value: unknown, where: string): Date {
  const instant = new Date(readString(value, where));
  if (Number.isNaN(instant.getTime())) throw new ShapeError(`${where} must be an instant like 2026-11-22T00:00:00Z`);
  return instant;
}
