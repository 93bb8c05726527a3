// The licences of the libraries that a release of the plugin holds: their texts ask to go along with every copy.
import * as fs from "node:fs";
import * as path from "node:path";

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** One text about all of `packages`, which are folders relative to `root`. A package without a licence is an error. */
export function notices(root, packages) {
  const parts = packages.map((folder) => notice(path.join(root, folder)));
  const heading = "This plugin holds the following libraries, each under its own licence.\n";
  return [heading, ...parts].join(`\n${"-".repeat(80)}\n\n`);
}

function notice(folder) {
  const { name, version, license, homepage, repository } = JSON.parse(
    fs.readFileSync(path.join(folder, "package.json"), "utf8"),
  );
  if (typeof license !== "string") throw new Error(`${name} names no licence: see whether it may go into a release.`);
  const source = typeof repository === "object" ? repository.url : (repository ?? homepage);
  const files = fs.readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const texts = files.sort().map((file) => fs.readFileSync(path.join(folder, file), "utf8").trim());
  return [`${name} ${version}, ${license}\n${source}\n`, ...texts].join("\n") + "\n";
}
