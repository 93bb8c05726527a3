// A text for a comment or an issue, as long as it may be, that commands nothing.
import { lstatSync, readFileSync } from "node:fs";

const NOTHING = "**Nothing was previewed: the run ended before. Its log says why.**\n";
const CUT = "\n\n…\n\n**The rest is cut: it is longer than may be here. All of it is in the run's own log.**\n";
const LOOKED = /^Gmail was looked at on .*$/m;

/** Of an issue that was open before. */
export const CHANGED = "The text above has changed.";

/** The file's text under `head`, of at most `limit` characters; what is said instead where the file is not there, or empty. */
export function textOf(file, head, limit) {
  const whole = `${head}\n${harmless(read(file))}`;
  return whole.length <= limit ? whole : whole.slice(0, limit - CUT.length) + CUT;
}

/** Whether they say the same of Gmail, on whatever day. A forge may keep other line ends. */
export function isSame(one, other) {
  const [first, second] = [one, other].map((text) => text.replaceAll("\r\n", "\n").replace(LOOKED, "").trim());
  return first === second;
}

function read(file) {
  try {
    // others wrote what is there: a link would make a comment of whatever it leads to
    if (!lstatSync(file).isFile()) throw new Error(`${file} is no plain file.`);
    const text = readFileSync(file, "utf8");
    return text.trim() === "" ? NOTHING : text;
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return NOTHING;
  }
}

/** GitLab does what a line that begins with a slash says, by the rights of whoever wrote it: /merge, /close. */
function harmless(text) {
  return text.replaceAll(/^([ \t\f\v]*)\//gm, "$1\\/");
}
