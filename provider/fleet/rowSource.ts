/** The bytes and the password of a row's file, as they are when they are needed. */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Upload } from "../google/gmail";
import { keyError, KeyMaterialError } from "../keys/problem";
import type { Services } from "../resources/services";
import { KEY_FILE_BYTES, pathBelow, readWhole } from "./keyFile";
import { rowKey, type Row } from "./rows";

const PASSWORD_BYTES = 1024;

export class RowSource {
  readonly #given: ReadonlyMap<string, string>;
  readonly #folder: string;

  /** `csv`: the path of the CSV; absent: paths begin in the project's folder. `passwords`: JSON, by row. */
  constructor(
    csv: string | undefined,
    passwords: string | undefined,
    private readonly services: Pick<Services, "environment">,
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
  load(row: Row): Promise<Upload> {
    const problems: KeyMaterialError[] = [];
    const part = <T>(read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof KeyMaterialError)) throw error;
        problems.push(error);
        return undefined;
      }
    };
    const [pkcs12, password] = [part(() => this.#pkcs12(row)), part(() => this.#password(row))];
    if (pkcs12 && problems.length === 0)
      return Promise.resolve({ pkcs12, ...(password !== undefined && { password }) });
    return Promise.reject(new KeyMaterialError(problems.flatMap((error) => error.problems)));
  }

  #pkcs12(row: Row): Buffer {
    const pkcs12 = this.#read("pkcs12", row.path, KEY_FILE_BYTES);
    if (row.hash === "")
      throw keyError("pkcs12", "noHash", "the row has no hash. Make rows with readFleet, in the same run.");
    if (createHash("sha256").update(pkcs12).digest("base64url") === row.hash) return pkcs12;
    throw keyError("pkcs12", "changed", "the file changed while Pulumi ran. Run pulumi up again.");
  }

  #password(row: Row): string | undefined {
    const { password: where } = row;
    if (where === "") return undefined;
    if (where === "given") return this.#givenTo(row);
    if (where.startsWith("env:")) return this.#variable(where.slice("env:".length));
    if (where.startsWith("file:")) return this.#file(where.slice("file:".length));
    const rule = "Write env:NAME, or the name of a file in the column passwordFile, or the password itself.";
    const why = where === "both" ? "the row has a password and a passwordFile" : "it is not known where it is";
    throw keyError("password", "unknownPlace", `${why}. ${rule}`);
  }

  #givenTo(row: Row): string {
    const password = this.#given.get(rowKey(row));
    if (password !== undefined) return password;
    throw keyError("password", "notGiven", "passwords has none for this row. Pass all that readFleet returns.");
  }

  #variable(name: string): string {
    const rule = "Write env: and a name of letters, digits and underscores.";
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw keyError("password", "noVariable", `env: is not followed by a name. ${rule}`);
    const value = this.services.environment(name);
    if (value) return value;
    const step = "Set it where pulumi runs.";
    throw keyError("password", "noVariable", `the environment variable ${name} is not set, or empty. ${step}`);
  }

  /** Without the line end that editors put at its end. */
  #file(path: string): string {
    return this.#read("password", path, PASSWORD_BYTES)
      .toString("utf8")
      .replace(/\r?\n$/, "");
  }

  #read(field: "pkcs12" | "password", path: string, most: number): Buffer {
    if (path === "") throw keyError(field, "noPath", "the row names no file. Write its path, relative to the CSV.");
    // never by its path: in a row whose columns are mixed up that is a password
    const name = `the file in the column ${field === "pkcs12" ? "path" : "passwordFile"}`;
    const file = pathBelow(this.#folder, path);
    if (file === undefined) {
      const rule = `${name} is outside the CSV's folder. Keep key files below it; a link out of it is not followed.`;
      throw keyError(field, "outside", rule);
    }
    const bytes = readWhole(file, most);
    if (typeof bytes !== "string") return bytes;
    throw keyError(field, "unreadable", `${name} ${bytes} Its path is relative to the CSV's folder.`);
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
