/** The rows of the page: an address each, with its bars, and all that is known of its certificates folded in below. */
import type { CertificateEntry } from "../inventory/inventory";
import { axisOf, type Axis } from "./axis";
import { barsOf, day, marksOf } from "./bars";
import { markup, type Markup } from "./markup";
import { rowsOf, WORDS, type Row, type State } from "./rows";
import type { Report } from "./report";

/** From so many rows on, those out of sight are drawn only when they come into it. */
const MANY = 200;

export function timeline(report: Report, rows: readonly Row[], axis: Axis): Markup {
  if (rows.length === 0) return markup`<p>The stack has no S/MIME certificate.</p>`;
  return markup`${legend()}
<form id=filter role=search hidden><label for=words>Filter</label>
<input id=words type=search autocomplete=off spellcheck=false aria-describedby=hint>
<output id=shown for=words aria-live=polite></output>
<small id=hint>by address, issuer, subject, resource, or a word such as expired, due, unmanaged, default</small></form>
<div id=timeline>${header(axis)}
<ul id=rows role=list class="${rows.length > MANY ? "many" : ""}">
${rows.map((row, index) => item(row, index, { axis, now: Date.parse(report.now) }))}</ul></div>
<p id=none hidden>No address fits the filter.</p>`;
}

export const drawn = (report: Report): { readonly rows: readonly Row[]; readonly axis: Axis } => ({
  rows: rowsOf(report),
  axis: axisOf(report),
});

/** For a screen reader each row says all of it in words. */
function header({ ticks, today }: Axis): Markup {
  const labels = ticks.map(
    ({ at, label, isYear }) => markup`<text class=${isYear ? "year" : "month"} x="${at}%" dx=3 y=14>${label}</text>`,
  );
  const side = today > 80 ? markup`text-anchor=end dx=-4` : markup`dx=4`;
  return markup`<div class=head aria-hidden=true><span>Address</span><span>State</span><span class=axis><svg height=34>${labels}<text class=now ${side} x="${today}%" y=30>today</text></svg></span><span class=end>Next end</span></div>`;
}

const SHOWN: readonly State[] = ["valid", "due", "expired", "missing", "unmanaged", "kept", "notYetValid"];

function legend(): Markup {
  const samples = SHOWN.map(
    (state) =>
      markup`<li><svg width=34 height=12 aria-hidden=true><rect class=${state} x=1 y=1 width=32 height=10 rx=2 /></svg> ${WORDS[state][1]}</li>`,
  );
  return markup`<ul class=legend aria-label="What the bars mean">${samples}<li><b class=key aria-hidden=true>★</b> default: what the address signs with</li><li><i class=key aria-hidden=true></i> today</li></ul>`;
}

interface Drawing {
  readonly axis: Axis;
  readonly now: number;
}

function item({ address, states, next }: Row, index: number, { axis, now }: Drawing): Markup {
  const { userId, sendAsEmail, certificates, reason } = address;
  const mailbox = userId === sendAsEmail ? undefined : markup`<small>of <bdi>${userId}</bdi></small>`;
  const words = states.map((state) => markup`<b class="${state}">${WORDS[state].join(" ")}</b> `);
  const star = certificates.some(({ isDefault }) => isDefault) ? markup`<b class=has>★ default</b>` : undefined;
  const end = next === undefined ? markup`–` : markup`<time>${day(next)}</time><small>${inDays(next, now)}</small>`;
  const why = reason === undefined ? undefined : markup`<p>${reason}</p>`;
  return markup`<li id=r${index}><details><summary><span class=who><bdi>${sendAsEmail}</bdi>${mailbox}</span><span class=states>${words}${star}</span><span class=track>${barsOf(certificates, axis)}</span><span class=end>${end}</span></summary><div class=more>${why}${certificates.map(facts)}</div></details></li>
`;
}

function inDays(time: string, now: number): string {
  const days = Math.round((Date.parse(time) - now) / 86_400_000);
  if (days === 0) return "today";
  return days > 0 ? `in ${String(days)} d` : `${String(-days)} d ago`;
}

/** End tags that HTML lets go are left out: there may be thousands of these tables. */
function facts(certificate: CertificateEntry): Markup {
  const { subject, issuerCn, serialNumber, fingerprint, notBefore, expiration, renewalDueAt, declaredBy } = certificate;
  const marks = [...(certificate.isDefault ? ["★ default"] : []), ...marksOf(certificate)];
  return markup`<table><tr><th>State<td>${marks.join(", ")}${line("Subject", subject)}${line("Issuer", issuerCn)}${line("Serial", serialNumber)}${line("SHA-256", fingerprint, "code")}${date("Valid from", notBefore)}${date("Valid to", expiration)}${date("Renew from", renewalDueAt)}${line("Resource", declaredBy?.name ?? "nobody declared it")}</table>`;
}

function line(name: string, text: string | undefined, kind?: "code"): Markup | undefined {
  if (text === undefined || text === "") return undefined;
  return kind ? markup`<tr><th>${name}<td><code>${text}</code>` : markup`<tr><th>${name}<td><bdi>${text}</bdi>`;
}

const date = (name: string, time: string | undefined): Markup | undefined =>
  time === undefined ? undefined : markup`<tr><th>${name}<td><time>${time.slice(0, 16).replace("T", " ")}Z</time>`;
