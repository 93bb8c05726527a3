/** One address's certificates on the time axis: a small picture, with the same in words for whoever does not see it. */
import type { CertificateEntry } from "../inventory/inventory";
import type { Axis } from "./axis";
import { markup, type Markup } from "./markup";
import { stateOf, WORDS } from "./rows";

/** Pixels of one lane: certificates whose times overlap lie in lanes of their own. */
const LANE = 16;
const BAR = 10;
/** Percent: what is shorter would not be seen. */
const LEAST = 0.8;

export function barsOf(certificates: readonly CertificateEntry[], axis: Axis): Markup {
  const ends: number[] = [];
  const bars = certificates.map((certificate) => {
    const span = spanOf(certificate, axis);
    const free = ends.findIndex((end) => end < span.from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = span.from + span.width;
    return barOf(certificate, span, lane);
  });
  const words = certificates.map(wordsOf).join("; ") || "no certificate known";
  return markup`<svg role=img height=${Math.max(1, ends.length) * LANE}><title>${words}</title>${bars}</svg>`;
}

interface Span {
  readonly from: number;
  readonly width: number;
  /** It began before the axis does, or nobody knows when. */
  readonly isOpen: boolean;
}

function spanOf({ notBefore, expiration }: CertificateEntry, { place }: Axis): Span {
  const from = notBefore === undefined ? 0 : place(Date.parse(notBefore));
  const to = expiration === undefined ? 100 : place(Date.parse(expiration));
  const width = Math.max(LEAST, Math.round((to - from) * 100) / 100);
  return { from: Math.min(from, 100 - LEAST), width, isOpen: from === 0 };
}

function barOf(certificate: CertificateEntry, { from, width, isOpen }: Span, lane: number): Markup {
  const y = lane * LANE + (LANE - BAR) / 2;
  const fade = isOpen ? markup`<rect class=fade y=${y} width="4%" height=${BAR} />` : undefined;
  const star = certificate.isDefault
    ? markup`<text class=star x="${from}%" dx=4 y=${y + BAR - 0.5}>★</text>`
    : undefined;
  const bar = markup`<rect class=${stateOf(certificate)} x="${from}%" y=${y} width="${width}%" height=${BAR} rx=2 />`;
  return markup`${bar}${fade}${star}`;
}

/** `★ default, expired, 2025-06-01 to 2026-06-01`. */
export function wordsOf(certificate: CertificateEntry): string {
  const { notBefore, expiration } = certificate;
  const from = notBefore === undefined ? "until" : `${day(notBefore)} to`;
  const times = expiration === undefined ? "times not readable" : `${from} ${day(expiration)}`;
  return [certificate.isDefault ? "default" : "", marksOf(certificate).join(", "), times].filter(Boolean).join(", ");
}

/** The word for it, and besides how its time stands where that word does not say it. */
export function marksOf(certificate: CertificateEntry): string[] {
  const { standing } = certificate;
  const state = stateOf(certificate);
  return state === standing || standing === "valid" ? [WORDS[state][1]] : [WORDS[state][1], WORDS[standing][1]];
}

export const day = (time: string): string => time.slice(0, 10);
