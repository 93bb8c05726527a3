/** Many findings about many rows, as few lines as still say everything that somebody will act on. */

const MOST = 20;

/** At most so many of them, and how many there are beside. */
export function several(lines: readonly string[], most = MOST): string[] {
  return lines.length <= most
    ? [...lines]
    : [...lines.slice(0, most), `and ${String(lines.length - most)} more like these.`];
}
