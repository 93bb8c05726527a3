/** The files that a fleet's rows name: below the CSV's folder, whole, and no larger than a key can be. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/** design, "Security": 64 KiB of PKCS#12. */
export const KEY_FILE_BYTES = 64 * 1024;

/** Where `path` stands, relative to the program's folder. Undefined: outside `folder`, also by a symbolic link. */
export function pathBelow(folder: string, path: string): string | undefined {
  const file = isAbsolute(path) ? path : join(folder, path);
  return isBelow(folder, file) && isBelow(real(folder), real(file)) ? file : undefined;
}

/** Whether `file` is in `folder` or in one of its folders, by the names alone. */
function isBelow(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What is not there stands where its folder really is: reading it says that it is not there. */
function real(path: string): string {
  try {
    return realpathSync.native(path); // Node's own looks at every folder of every path: half the reading of 10,000 files
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(real(folder), basename(path));
  }
}

/** The bytes of a file, at once; or why there are none, as the end of a sentence that begins with its path. */
export function readWhole(path: string, most: number): Buffer | string {
  let file: number | undefined;
  try {
    // a named pipe that nobody writes to would never be opened
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) return "is no regular file but a folder, a pipe or a device.";
    if (stat.size > most)
      return `is larger than ${most < 2 ** 20 ? `${String(most / 1024)} KiB` : `${String(most / 2 ** 20)} MiB`}.`;
    const buffer = Buffer.alloc(stat.size);
    return buffer.subarray(0, readSync(file, buffer, 0, stat.size, 0));
  } catch {
    return "cannot be read.";
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
