/** Which mailboxes a command is about: addresses on the command line, and a list of them in a file or on stdin. */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { UsageError } from "./command";

/** In the order given, in lower case, each once. `-` is stdin. */
export async function readMailboxes(
  file: string | undefined,
  addresses: readonly string[],
  stdin: NodeJS.ReadableStream,
): Promise<string[]> {
  const listed = file === undefined ? [] : parseList(await readList(file, stdin));
  const mailboxes = [...new Set([...addresses, ...listed].map((address) => address.trim().toLowerCase()))];
  if (mailboxes.length > 0) return mailboxes;
  throw new UsageError("No mailbox is named. Give addresses, or a list of them with --mailboxes FILE (- for stdin).");
}

async function readList(file: string, stdin: NodeJS.ReadableStream): Promise<string> {
  if (file === "-") return text(stdin);
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new UsageError(`--mailboxes: the file ${file} cannot be read.`);
  }
}

/**
 * One mailbox a line: the first cell that is an address, so that an export of the Admin console will do as it is. Blank
 * lines, comments (#) and a header are skipped; what is no address is kept, and told as a mailbox that failed.
 */
function parseList(list: string): string[] {
  const lines = list.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  const rows = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const found = rows.map((row) => {
    const cells = row.split(/[,;\t]/).map((cell) => cell.replace(/^[\s"']+|[\s"']+$/g, ""));
    return cells.find((cell) => cell.includes("@")) ?? cells[0] ?? "";
  });
  const [first = "", ...rest] = found;
  return first.includes("@") || first.toLowerCase() === "me" ? found : rest;
}
