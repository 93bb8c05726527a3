/** The bytes and the password of a row's file, as they are when they are needed. */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Upload } from "../google/gmail";
import { keyError, type KeyProblem } from "../keys/problem";
import type { Services } from "../resources/services";
import { KEY_FILE_BYTES, pathBelow } from "./keyFile";
import { rowKey, type Row } from "./rows";

const PASSWORD_BYTES = 1024;

export class RowSource {
  readonly #given: ReadonlyMap<string, string>;
  readonly #folder: string;

  /** `csv`: the path of the CSV; absent: paths begin in the project's folder. `passwords`: JSON, by row. */
  constructor(
    csv: string | undefined,
    passwords: string | undefined,
    private readonly services: Pick<Services, "readFile" | "environment">,
  ) {
    this.#folder = dirname(csv ?? "here");
    this.#given = new Map(Object.entries(parsed(passwords)));
  }

  /** Whether file and password are those that `old` has for the row as it was. What a variable or file holds may have changed. */
  isSame(row: Row, before: Row, old: RowSource): boolean {
    const key = rowKey(row);
    const isSamePassword = row.password === before.password && this.#given.get(key) === old.#given.get(key);
    return row.hash !== "" && row.hash === before.hash && isSamePassword;
  }

  /** Throws KeyMaterialError: what is wrong with the row, and the next step. */
  async load(row: Row): Promise<Upload> {
    const pkcs12 = await this.#read("pkcs12", row.path, KEY_FILE_BYTES);
    if (row.hash === "")
      throw keyError("pkcs12", "noHash", "the row has no hash. Make rows with readFleet, in the same run.");
    if (createHash("sha256").update(pkcs12).digest("base64url") !== row.hash)
      throw keyError("pkcs12", "changed", `the file ${row.path} changed while Pulumi ran. Run pulumi up again.`);
    const password = await this.#password(row);
    return { pkcs12, ...(password !== undefined && { password }) };
  }

  async #password(row: Row): Promise<string | undefined> {
    const { password: where } = row;
    if (where === "") return undefined;
    if (where === "given") return this.#givenTo(row);
    if (where.startsWith("env:")) return this.#variable(where.slice("env:".length));
    if (where.startsWith("file:")) return this.#file(where.slice("file:".length));
    const rule = "Write env:NAME, or the name of a file in the column passwordFile, or the password itself.";
    const both = where === "both" ? "the row has a password and a passwordFile" : "it is not known where it is";
    throw keyError("password", "unknownPlace", `${both}. ${rule}`);
  }

  #givenTo(row: Row): string {
    const password = this.#given.get(rowKey(row));
    if (password !== undefined) return password;
    throw keyError("password", "notGiven", "passwords has none for this row. Pass all that readFleet returns.");
  }

  #variable(name: string): string {
    const value = /^[A-Za-z_]\w*$/.test(name) ? this.services.environment(name) : undefined;
    if (value) return value;
    const step = "Set it where pulumi runs.";
    throw keyError("password", "noVariable", `the environment variable ${name} is not set, or empty. ${step}`);
  }

  /** Without the line end that editors put at its end. */
  async #file(path: string): Promise<string> {
    const text = Buffer.from(await this.#read("password", path, PASSWORD_BYTES)).toString("utf8");
    return text.replace(/\r?\n$/, "");
  }

  async #read(field: KeyProblem["field"], path: string, most: number): Promise<Uint8Array> {
    if (path === "") throw keyError(field, "noPath", "the row names no file. Write its path, relative to the CSV.");
    const file = pathBelow(this.#folder, path);
    if (file === undefined) {
      const rule = `${path} is outside the CSV's folder. Keep key files below it; a link out of it is not followed.`;
      throw keyError(field, "outside", rule);
    }
    try {
      return await this.services.readFile(file, most);
    } catch (error) {
      throw keyError(field, "unreadable", `${error instanceof Error ? error.message : "it cannot be read"}.`);
    }
  }
}

/** Nothing where it is not what readFleet returned. */
function parsed(passwords: string | undefined): Record<string, string> {
  try {
    const value: unknown = JSON.parse(passwords ?? "{}");
    const entries = Object.entries(typeof value === "object" && value !== null ? value : {});
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return {};
  }
}
