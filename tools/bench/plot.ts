/** docs/benchmark.svg: the ratios by size, and users a second against the sample; readable on light and dark pages. */
import type { BySize, Results } from "./results";

const HEIGHT = 340;
/** Of the area of the curves: left, right, top and bottom. */
const AREA = { left: 60, right: 470, top: 60, bottom: 280 };
/** Of the bars. */
const BARS = { left: 660, right: 860, top: 90, step: 70 };

type Series = readonly [name: string, kind: string, values: BySize];

export function plot(results: Results): string {
  const series: Series[] = [
    ["up, wall time", "a", results.upRatio],
    ["up, CPU time", "b", results.upCpuRatio],
    ["up without a change", "c", results.noopRatio],
    ["refresh", "d", results.refreshRatio],
  ];
  const title =
    "Ratios to a provider that does nothing by the number of resources, and users a second against a sample";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 ${String(HEIGHT)}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    STYLE,
    ...curves(series),
    ...bars(results),
    "</svg>\n",
  ].join("\n");
}

/** Two colours of ink, and four of curves that are told apart on either. */
const STYLE = `<style>
svg { font: 13px system-ui, sans-serif }
text { fill: #24292f } .grid { stroke: #d0d7de } .goal { stroke: #57606a; stroke-dasharray: 5 4 } .soft { fill: #57606a }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .grid { stroke: #30363d } .goal { stroke: #9da7b3 } .soft { fill: #9da7b3 }
}
polyline { fill: none; stroke-width: 2.5 } .head { font-weight: 600; font-size: 15px }
.a { stroke: #2f81f7 } .b { stroke: #db6d28 } .c { stroke: #2da44e } .d { stroke: #a371f7 }
.fa { fill: #2f81f7 } .fb { fill: #db6d28 } .fc { fill: #2da44e } .fd { fill: #a371f7 } .bar { fill: #2f81f7 }
</style>`;

function curves(series: readonly Series[]): string[] {
  const sizes = Object.keys(series[0]?.[2] ?? {}).map(Number);
  const values = series.flatMap(([, , ratios]) => Object.values(ratios));
  const highest = Math.ceil(Math.max(2, ...values) * 2) / 2;
  const x = horizontal(sizes);
  const y = (ratio: number): number => AREA.bottom - (ratio / highest) * (AREA.bottom - AREA.top);
  const lines = Array.from({ length: highest * 2 + 1 }, (_, index) => index / 2);
  return [
    text(AREA.left, 28, "Times a provider that does nothing", "head"),
    ...lines.flatMap((ratio) => [
      line(AREA.left, AREA.right, y(ratio), ratio === 1 ? "goal" : "grid"),
      text(AREA.left - 8, y(ratio) + 4, ratio.toFixed(1), "soft", "end"),
    ]),
    ...sizes.map((size) => text(x(size), AREA.bottom + 20, size.toLocaleString("en-US"), "soft", "middle")),
    text((AREA.left + AREA.right) / 2, AREA.bottom + 42, "resources", "soft", "middle"),
    ...series.flatMap((one) => curve(one, x, y)),
    ...series.flatMap(([name, kind], index) => [
      `<circle class="f${kind}" cx="${String(AREA.right + 22)}" cy="${String(AREA.top + 10 + 24 * index)}" r="5"/>`,
      text(AREA.right + 34, AREA.top + 14 + 24 * index, name, ""),
    ]),
  ];
}

/** By the logarithm, as sizes are chosen; a single one stands in the middle. */
function horizontal(sizes: readonly number[]): (size: number) => number {
  const [low, high] = [Math.log(Math.min(...sizes)), Math.log(Math.max(...sizes))];
  const [left, right] = [AREA.left + 30, AREA.right - 30];
  if (low === high) return () => (left + right) / 2;
  return (size) => left + ((Math.log(size) - low) / (high - low)) * (right - left);
}

function curve([, kind, ratios]: Series, x: (size: number) => number, y: (ratio: number) => number): string[] {
  const points = Object.entries(ratios).map(([size, ratio]) => [at(x(Number(size))), at(y(ratio))] as const);
  return [
    `<polyline class="${kind}" points="${points.map((point) => point.join(",")).join(" ")}"/>`,
    ...points.map(([cx, cy]) => `<circle class="f${kind}" cx="${cx}" cy="${cy}" r="4"/>`),
  ];
}

function bars({ vsSample }: Results): string[] {
  const rows = [
    ["Google's sample", 1, undefined],
    ["single resources", vsSample.resources, 6],
    ["one SmimeFleet", vsSample.fleet, 12],
  ] as const;
  const highest = Math.max(12, ...rows.map(([, value]) => value));
  const width = (value: number): number => (value / highest) * (BARS.right - BARS.left);
  return [
    text(BARS.left, 28, "Users a second", "head"),
    text(BARS.left, 48, "times Google's sample; dashed: the goal", "soft"),
    ...rows.flatMap(([name, value, goal], index) => {
      const top = BARS.top + BARS.step * index;
      const dash = BARS.left + width(goal ?? 0);
      return [
        text(BARS.left, top - 6, name, ""),
        `<rect class="bar" x="${at(BARS.left)}" y="${at(top)}" width="${at(width(value))}" height="24" rx="3"/>`,
        text(Math.max(BARS.left + width(value), dash) + 8, top + 17, `${value.toFixed(1)} x`, ""),
        ...(goal === undefined
          ? []
          : [`<line class="goal" x1="${at(dash)}" x2="${at(dash)}" y1="${at(top - 4)}" y2="${at(top + 28)}"/>`]),
      ];
    }),
  ];
}

const at = (value: number): string => value.toFixed(1);

const line = (from: number, to: number, y: number, kind: string): string =>
  `<line class="${kind}" x1="${at(from)}" x2="${at(to)}" y1="${at(y)}" y2="${at(y)}"/>`;

const text = (x: number, y: number, words: string, kind: string, anchor = "start"): string =>
  `<text class="${kind}" x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${words}</text>`;
