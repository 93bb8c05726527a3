/** Many findings about many rows, as few lines as still say everything that somebody will act on. */

const MOST = 20;

/** At most so many of them, and how many there are beside. */
export function several(lines: readonly string[], most = MOST): string[] {
  return lines.length <= most
    ? [...lines]
    : [...lines.slice(0, most), `and ${String(lines.length - most)} more like these.`];
}

/** `1 row`, `2 rows`, `2 mailboxes`, `2 addresses`. */
export const counted = (count: number, noun: string): string =>
  `${String(count)} ${noun}${count === 1 ? "" : /[sx]$/.test(noun) ? "es" : "s"}`;

/** What is said of somebody, and in what words that stand for that one it may be said. */
export interface Said {
  readonly who: string;
  readonly names: readonly string[];
  readonly reason: string;
}

/** So many that have the same reason have one line. */
const ALIKE = 4;

/** A line each; where many have the same reason it is said once, with who has it. */
export function alike(all: readonly Said[]): string[] {
  const groups = new Map<string, Said[]>();
  for (const said of all) {
    const reason = said.names.reduce((text, name) => (name === "" ? text : text.replaceAll(name, "…")), said.reason);
    groups.set(reason, [...(groups.get(reason) ?? []), said]);
  }
  return [...groups].flatMap(([reason, group]) => {
    if (group.length < ALIKE) return group.map((each) => `${each.who}: ${each.reason}`);
    return [`${several(group.map(({ who }) => who).sort()).join("; ")}: ${reason}`];
  });
}
