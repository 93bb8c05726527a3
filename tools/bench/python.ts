/** A Python with Google's client from PyPI, in a virtual environment of its own that stays for the next run. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./mailboxes";
import { run } from "./run";
import type { Lab } from "./lab";

const REQUIREMENTS = join(__dirname, "requirements.txt");

/** The path of its `python`. Rejects with what pip or venv said. */
export async function findPython(lab: Lab): Promise<string> {
  const folder = join(CACHE, "python");
  const python = join(folder, "bin", "python");
  // written last: a run that was interrupted leaves none
  const [mark, wanted] = [join(folder, "installed.txt"), readFileSync(REQUIREMENTS, "utf8")];
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return python;
  lab.tell("installing Google's Python client from PyPI, once");
  mkdirSync(CACHE, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS]);
  writeFileSync(mark, wanted);
  return python;
}
