/** The page's findings, worst first and by kind: what is wrong, with which address, what was expected and what is there. */
import { aboutOf, type Finding } from "../inventory/findings";
import { nameOf } from "../stack/state";
import { markup, type Markup } from "./markup";
import type { Report } from "./report";
import type { Row } from "./rows";

const SIGNS: Readonly<Record<Finding["severity"], readonly [sign: string, word: string]>> = {
  error: ["✘", "error"],
  warning: ["▲", "warning"],
  info: ["·", "note"],
};

/** So many of a kind are shown at once; more are folded. */
const MOST = 10;

export function findings(report: Report, rows: readonly Row[]): Markup {
  const { findings: all, failures } = report;
  if (all.length === 0 && failures.length > 0) return markup`<p>None in what could be read.</p>`;
  if (all.length === 0) return markup`<p class=fine>✔ ${nothingToSay(report)}</p>`;
  const anchors = new Map(rows.map(({ address }, index) => [`${address.userId} ${address.sendAsEmail}`, index]));
  const kinds = new Map<string, Finding[]>();
  for (const finding of all) kinds.set(finding.kind, [...(kinds.get(finding.kind) ?? []), finding]);
  return markup`${[...kinds.values()].map((some) => kind(some, anchors))}`;
}

/** What a state alone cannot tell is not said. */
export const nothingToSay = ({ live }: Pick<Report, "live">): string =>
  live
    ? "Nothing to say: Gmail has what is declared, and nothing is due."
    : "Nothing to say: by the state alone, nothing has ended and nothing is due.";

type Anchors = ReadonlyMap<string, number>;

function kind(some: readonly Finding[], anchors: Anchors): Markup {
  const [first] = some;
  if (!first) return markup``;
  const [sign, word] = SIGNS[first.severity];
  const items = some.map((finding) => item(finding, anchors));
  const rest = items.slice(MOST);
  const folded =
    rest.length === 0
      ? undefined
      : markup`<details><summary>${rest.length} more</summary><ul class=found>${rest}</ul></details>`;
  return markup`<section class="kind ${first.severity}"><h3><span class=sign>${sign} ${word}</span> ${first.title} <span class=many>${some.length}</span></h3>
<ul class=found>${items.slice(0, MOST)}</ul>${folded}</section>
`;
}

function item(finding: Finding, anchors: Anchors): Markup {
  const { userId = "", sendAsEmail = "", expected, found, since, resource } = finding;
  const row = anchors.get(`${userId} ${sendAsEmail}`);
  const about = aboutOf(finding);
  const whom = markup`<bdi>${about}</bdi>`;
  const name = resource === undefined ? undefined : nameOf(resource);
  const small = name === undefined || name === about ? undefined : markup`<small>resource <bdi>${name}</bdi></small>`;
  return markup`<li><span>${row === undefined ? whom : markup`<a href="#r${row}">${whom}</a>`}${small}</span><dl>${pair("expected", expected)}${pair("found", found)}${pair("since", since?.replace(MINUTE, "$1 $2 UTC"))}</dl></li>
`;
}

const MINUTE = /(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ/;

const pair = (name: string, text: string | undefined): Markup | undefined =>
  text === undefined || text === "" ? undefined : markup`<dt>${name}</dt><dd><bdi>${text}</bdi></dd>`;
