/** A folder with a CSV and the key files that it names, and the program of a fleet that reads it anew each time. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readFleet } from "../sdk";
import { mintPkcs12, type LeafOptions } from "./mint";
import type { Program } from "./story";
import { ALICE, PASSWORD, type Minted, type World } from "./world";

export class FleetFolder {
  readonly path = mkdtempSync(join(tmpdir(), "google-workspace-mail-fleet-"));
  readonly csv = join(this.path, "mailboxes.csv");

  /** Returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  /** The CSV, with these lines. */
  rows(...lines: string[]): this {
    this.write("mailboxes.csv", lines.map((line) => `${line}\n`).join(""));
    return this;
  }

  /** Of what is in the folder at this moment. */
  program(args: Record<string, unknown> = {}): Program {
    return { fleet: { token: "SmimeFleet", args: { ...readFleet(this.csv), ...args } } };
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** With the cheapest key derivation: these files are opened many times. */
export async function mintCheap(world: World, email = ALICE, options: Partial<LeafOptions> = {}): Promise<Minted> {
  const minted = await world.mint(email, options);
  const bytes = await mintPkcs12(minted, { password: PASSWORD, iterations: 1 });
  return { ...minted, bytes, pkcs12: bytes.toString("base64") };
}

/** Columns of a text of a fleet's, a list a line. */
export const linesOf = (text: unknown): string[][] =>
  typeof text !== "string" || text === ""
    ? []
    : text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => line.split("\t"));
