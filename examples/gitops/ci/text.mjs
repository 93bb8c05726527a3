// A text for a comment or an issue, as long as it may be.
import { lstatSync, readFileSync } from "node:fs";

const CUT = "\n\n…\n\n**The rest is cut: it is longer than may be here. All of it is in the run's own log.**\n";

/** The file's text under `head`, of at most `limit` characters; what is said instead where the file is not there. */
export function textOf(file, head, limit) {
  const whole = `${head}\n${read(file)}`;
  return whole.length <= limit ? whole : whole.slice(0, limit - CUT.length) + CUT;
}

function read(file) {
  try {
    // others wrote what is there: a link would make a comment of whatever it leads to
    if (!lstatSync(file).isFile()) throw new Error(`${file} is no plain file.`);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return "**Nothing was previewed: the run ended before. Its log says why.**\n";
  }
}
