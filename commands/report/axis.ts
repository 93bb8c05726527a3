/** The time axis that all rows share: whole months, wide enough for what is near, and never for a certificate of 9999. */
import type { Inventory } from "../inventory/inventory";

export interface Tick {
  /** Percent of the axis, from its left end. */
  readonly at: number;
  /** A year's number in January, or a month's name. */
  readonly label: string;
  readonly isYear: boolean;
}

export interface Axis {
  /** Percent of the axis, from its left end, held within it. */
  readonly place: (time: number) => number;
  readonly today: number;
  readonly ticks: readonly Tick[];
}

/** Before and after today, in months: what is shown at least and at most. */
const LEAST = { before: 2, after: 6 };
const MOST = { before: 36, after: 60 };
const MOST_TICKS = 10;
const STEPS = [1, 2, 3, 6, 12, 24];
const NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Months since the year 0, in UTC. */
const monthOf = (time: number): number => new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth();
const startOf = (month: number): number => Date.UTC(Math.floor(month / 12), month % 12);

export function axisOf({ now, addresses }: Pick<Inventory, "now" | "addresses">): Axis {
  const today = Date.parse(now);
  const month = monthOf(today);
  let first = month - LEAST.before;
  let last = month + LEAST.after;
  for (const { notBefore, expiration } of addresses.flatMap(({ certificates }) => certificates))
    for (const text of [notBefore, expiration]) {
      const time = Date.parse(text ?? "");
      if (Number.isNaN(time)) continue;
      first = Math.min(first, monthOf(time));
      last = Math.max(last, monthOf(time) + 1);
    }
  first = Math.max(first, month - MOST.before);
  last = Math.min(last, month + MOST.after);
  const [from, to] = [startOf(first), startOf(last)];
  const place = (time: number): number => Math.round(Math.min(1, Math.max(0, (time - from) / (to - from))) * 1e4) / 100;
  return { place, today: place(today), ticks: ticksOf(first, last).map((each) => tickOf(each, place)) };
}

/** Months, as evenly as the year allows. */
function ticksOf(first: number, last: number): number[] {
  const step = STEPS.find((each) => (last - first) / each <= MOST_TICKS) ?? 24;
  const months = Array.from({ length: last - first }, (_, index) => first + index);
  return months.filter((month) => month % step === 0);
}

function tickOf(month: number, place: Axis["place"]): Tick {
  const isYear = month % 12 === 0;
  return { at: place(startOf(month)), label: isYear ? String(month / 12) : (NAMES[month % 12] ?? ""), isYear };
}
