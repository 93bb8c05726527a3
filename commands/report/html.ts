/** The report as one HTML file that asks for nothing else: its style and its script are in it, and it may load no more. */
import { createHash } from "node:crypto";
import type { AuditKeyEntry } from "../inventory/inventory";
import { findings } from "./found";
import { markup, Markup } from "./markup";
import { PATTERNS } from "./patterns";
import type { Report } from "./report";
import { WORDS } from "./rows";
import { SCRIPT } from "./script";
import { styleOf } from "./style";
import { drawn, timeline } from "./timeline";

export function htmlOf(report: Report): string {
  const { rows, axis } = drawn(report);
  const style = styleOf(axis);
  const name = `${report.project}/${report.stack}`;
  const page = markup`<!doctype html>
<html lang=en>
<head>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="${policy(style)}">
<meta name=viewport content="width=device-width, initial-scale=1">
<meta name=color-scheme content="light dark">
<meta name=referrer content=no-referrer>
<link rel=icon href="data:,">
<title>Mail certificates of ${name}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${PATTERNS}<header><h1>Mail certificates of <bdi>${name}</bdi></h1>
${when(report)}</header>
<main>
${failures(report)}
${summary(report)}
<section aria-labelledby=findings><h2 id=findings>Findings</h2>
${findings(report, rows)}</section>
<section aria-labelledby=certificates><h2 id=certificates>Certificates</h2>
${timeline(report, rows, axis)}</section>
${auditKeys(report.auditKeys)}
</main>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

/** Nothing from anywhere but these two, by their hash; the empty icon is a data URL. */
function policy(style: string): string {
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return `default-src 'none'; style-src ${hash(style)}; script-src ${hash(SCRIPT)}; img-src data:; base-uri 'none'; form-action 'none'`;
}

const minute = (time: string): Markup =>
  markup`<time datetime="${time}">${time.slice(0, 16).replace("T", " ")} UTC</time>`;

function when({ live, now, written }: Report): Markup {
  const state = written === undefined ? markup`` : markup` The state was last written ${utc(written)}.`;
  return live
    ? markup`<p>From Gmail, as it was ${minute(now)}.${state}</p>`
    : markup`<p>From the stack’s state alone, for ${minute(now)}: Gmail was not asked.${state}</p>`;
}

/** The engine writes its local time, with an offset. */
function utc(time: string): Markup {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? markup`${time}` : minute(at.toISOString());
}

function failures({ failures: all }: Report): Markup | undefined {
  if (all.length === 0) return undefined;
  return markup`<section class=failed role=alert><h2>Not everything could be read</h2>
<p>This page shows what is known without it.</p><ul>${all.map((text) => markup`<li><pre>${text}</pre></li>`)}</ul></section>`;
}

function summary({ counts, renewBeforeDays }: Report): Markup {
  const tiles: [many: number, words: string, kind?: string][] = [
    [counts.mailboxes, "mailboxes"],
    [counts.certificates, "certificates"],
    [counts.expired, "expired", "error"],
    [counts.due, renewBeforeDays === 0 ? "due" : `due within ${String(renewBeforeDays)} days`, "warning"],
    [counts.missing, "missing", "error"],
    [counts.unmanaged, "unmanaged", "warning"],
    [counts.errors + counts.warnings + counts.notes, "findings"],
  ];
  const items = tiles.map(
    ([many, words, kind = ""]) =>
      markup`<div class="${many > 0 ? kind : ""}"><dt>${words}</dt><dd>${many.toLocaleString("en")}</dd></div>`,
  );
  return markup`<dl class=counts aria-label=Summary>${items}</dl>`;
}

function auditKeys(keys: readonly AuditKeyEntry[]): Markup | undefined {
  if (keys.length === 0) return undefined;
  const rows = keys.map(({ domain, fingerprint, bits, created, expires, updated, standing, owner }) => {
    const facts = [
      bits === undefined ? undefined : `RSA ${String(bits)}`,
      created?.slice(0, 10),
      expires?.slice(0, 10) ?? "never",
    ];
    const cells = [...facts, updated?.slice(0, 10), owner.name].map(
      (text) => markup`<td><bdi>${text ?? "–"}</bdi></td>`,
    );
    return markup`<tr><th scope=row><bdi>${domain}</bdi></th><td><b class=${standing}>${WORDS[standing].join(" ")}</b></td>${cells}<td><code>${fingerprint}</code></td></tr>`;
  });
  const head = ["Domain", "State", "Key", "Made", "Expires", "Uploaded", "Resource", "Fingerprint"];
  return markup`<section aria-labelledby=audit><h2 id=audit>Audit keys</h2>
<div class=wide tabindex=0 role=region aria-labelledby=audit><table class=keys><thead><tr>${head.map((text) => markup`<th scope=col>${text}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
