/** The page's style. Colours have a contrast of 4.5 to 1 or more on what is below them, in both schemes (tests/report.spec.ts). */
import type { Axis } from "./axis";
import { BARS } from "./patterns";

const LIGHT = `--page:#fff;--panel:#f5f6f8;--line:#d5d9e0;--text:#1b1f27;--soft:#565e6c;--link:#0b57b8;
--red:#b3261e;--amber:#8a5300;--green:#1c6b3a;--violet:#6b3fa0;--redbg:#fdeceb;--amberbg:#fdf3e0;
--valid:#2f7d5b;--due:#e0a030;--expired:#d3574f;--unmanaged:#9a76c9;--old:#a9b1bd;--star:#fff;--now:#1b1f27`;
const DARK = `--page:#14171c;--panel:#1d2128;--line:#363c47;--text:#e8eaee;--soft:#a6aebb;--link:#86b7ff;
--red:#ff9a92;--amber:#f2bd5c;--green:#7fd3a2;--violet:#c9acf2;--redbg:#3a1d1c;--amberbg:#352a14;
--valid:#3f9a72;--due:#c98a1e;--expired:#c44f48;--unmanaged:#8f6bc0;--old:#6b7482;--star:#fff;--now:#e8eaee`;

const BASE = `
*{box-sizing:border-box}
html{scroll-padding-top:4rem;-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:1.5rem clamp(.75rem,3vw,2.5rem) 4rem;max-width:100rem;background:var(--page);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Open Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.55rem;line-height:1.25;margin:0 0 .25rem;font-weight:650}
h2{font-size:1.15rem;margin:2.25rem 0 .75rem;font-weight:650}
h3{font-size:1rem;margin:0 0 .4rem;font-weight:600}
p{margin:.25rem 0}header p,small,dt{color:var(--soft)}
small{font-size:.8125rem}code,pre{font:.8125rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{white-space:pre-wrap;margin:0}a{color:var(--link)}time{font-variant-numeric:tabular-nums}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
[hidden]{display:none!important}
.counts{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));margin:1.25rem 0 0;border:1px solid var(--line);border-radius:8px;background:var(--panel);overflow:hidden}
.counts div{display:flex;flex-direction:column-reverse;justify-content:flex-end;padding:.7rem 1rem;box-shadow:-1px -1px 0 var(--line)}
.counts dt{font-size:.8125rem;line-height:1.3}.counts dd{margin:0;font-size:1.5rem;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}
.counts .error dd{color:var(--red)}.counts .warning dd{color:var(--amber)}
.failed{background:var(--redbg);border-left:4px solid var(--red);border-radius:4px;padding:.75rem 1rem;margin-top:1.25rem}
.failed h2{margin:0;font-size:1rem;color:var(--red)}.failed ul{margin:.5rem 0 0;padding-left:1.1rem}
.fine{color:var(--green)}
`;

const FINDINGS = `
.kind{border-left:4px solid var(--line);padding:.1rem 0 .1rem 1rem;margin:0 0 1rem}
.kind.error{border-color:var(--red)}.kind.warning{border-color:var(--amber)}
.kind .sign{font-size:.75rem;font-weight:650;text-transform:uppercase;letter-spacing:.04em;margin-right:.35rem;color:var(--soft)}
.error .sign{color:var(--red)}.warning .sign{color:var(--amber)}
.many{color:var(--soft);font-weight:400;font-variant-numeric:tabular-nums;margin-left:.25rem}
.found{list-style:none;margin:0;padding:0}.kind>details>summary{cursor:pointer;color:var(--link);padding:.3rem 0}
.found li{padding:.3rem 0;border-top:1px solid var(--line);break-inside:avoid;display:grid;grid-template-columns:minmax(12rem,20rem) 1fr;gap:0 1rem}
.found li:first-child{border-top:0}
.found small{display:block}.found dl{margin:0;display:grid;grid-template-columns:5rem 1fr;gap:0 .5rem;font-size:.875rem}
.found dt{font-size:.8125rem;line-height:1.6}.found dd{margin:0;font-variant-numeric:tabular-nums}
`;

const ROWS = `
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:0 0 .75rem;padding:0;font-size:.8125rem;color:var(--soft)}
.legend svg{vertical-align:-1px}.legend .key{font-style:normal;color:var(--text)}.legend i{display:inline-block;width:2px;height:12px;background:var(--now);vertical-align:-1px}
#filter{display:flex;flex-wrap:wrap;align-items:center;gap:.35rem .6rem;margin:0 0 .75rem}#filter label{font-weight:600}
#filter input{font:inherit;flex:0 1 22rem;min-width:9rem;padding:.3rem .6rem;color:var(--text);background:var(--page);border:1px solid var(--soft);border-radius:6px}
#filter output{font-variant-numeric:tabular-nums}#filter small{flex:1 1 18rem}
#timeline{border:1px solid var(--line);border-radius:8px;clip-path:inset(0 round 8px)}
.head,#rows summary{display:grid;grid-template-columns:minmax(10rem,1fr) minmax(8rem,11.5rem) minmax(0,3fr) 6.5rem;column-gap:1rem;align-items:center;padding:0 .9rem 0 1.9rem}
.head{background:var(--panel);border-bottom:1px solid var(--line);font-size:.8125rem;color:var(--soft);border-radius:8px 8px 0 0}
.axis svg{display:block;width:100%;font-size:11px;fill:var(--soft);overflow:hidden}.axis .year{font-weight:700;fill:var(--text)}.axis .now{fill:var(--text);font-weight:600}
#rows{list-style:none;margin:0;padding:0}
#rows>li{display:block;border-top:1px solid var(--line);break-inside:avoid}
#rows.many>li{content-visibility:auto;contain-intrinsic-size:auto none auto 2.75rem}
#rows>li:first-child{border-top:0}#rows>li:target{box-shadow:inset 4px 0 0 var(--link)}
#rows summary{cursor:pointer;list-style:none;position:relative;min-height:2.7rem}#rows summary::-webkit-details-marker{display:none}
#rows summary::before{content:"";position:absolute;left:.8rem;top:calc(50% - .25rem);border:solid var(--soft);border-width:0 2px 2px 0;width:.4rem;height:.4rem;transform:rotate(-45deg)}
#rows [open]>summary::before{transform:rotate(45deg)}#rows summary:hover{background:var(--panel)}
#rows summary:focus-visible{outline-offset:-2px}
.who{padding:.35rem 0;line-height:1.35}.who small{display:block}
.states b{font-size:.8125rem;font-weight:600;white-space:nowrap;margin-right:.35rem;color:var(--soft)}
b.valid{color:var(--green)!important}b.due,b.unknown{color:var(--amber)!important}b.unmanaged{color:var(--violet)!important}
b.expired,b.missing,b.defaultMoved,b.notSeen{color:var(--red)!important}.states .has{color:var(--text)}
.end{text-align:right;font-variant-numeric:tabular-nums;line-height:1.35}.end small{display:block}
.track{position:relative;align-self:stretch;display:flex;align-items:center;padding:.3rem 0;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.track svg{display:block;width:100%;overflow:hidden}
.track::after{content:"";position:absolute;top:0;bottom:0;border-left:2px solid var(--now);margin-left:-1px}
.more{padding:.25rem .9rem 1rem 1.9rem;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(27rem,100%),1fr));gap:1rem 1.5rem}
.more p{grid-column:1/-1;color:var(--red)}
.more table{border-collapse:collapse;width:100%;align-self:start;font-size:.875rem;border-top:2px solid var(--line)}
.more th{width:6rem;text-align:left;font-weight:400;color:var(--soft);vertical-align:top;padding:.1rem .75rem .1rem 0}.more td{padding:.1rem 0}
.wide{overflow-x:auto}.keys{border-collapse:collapse;width:100%;font-size:.875rem}.keys th,.keys td{text-align:left;padding:.4rem 1rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
.keys th[scope=col]{color:var(--soft);font-weight:400}.keys th,.keys td{white-space:nowrap}
`;

const NARROW = `
@media (max-width:60rem){
.head{grid-template-columns:1fr;padding:0 .75rem}.head span:not(.axis){display:none}
#rows summary{grid-template:"who end" auto "states states" auto "track track" auto/minmax(0,1fr) auto;padding:.35rem .75rem .4rem}
#rows summary::before{display:none}.who{grid-area:who;padding:0}.states{grid-area:states}.track{grid-area:track}.summary .end,#rows .end{grid-area:end}
.more{padding:.25rem .75rem 1rem}.found li{grid-template-columns:1fr}
#rows.many>li{contain-intrinsic-size:auto none auto 5.5rem}
.month{font-size:10px}.counts{grid-template-columns:repeat(auto-fit,minmax(5.6rem,1fr))}.counts div{padding:.6rem .75rem}}
`;

/** Paper shows the bars, and what was unfolded. */
const PRINT = `
@media print{
@page{margin:14mm 12mm}
body{padding:0;font-size:9.5pt;max-width:none}
#filter{display:none!important}
#rows.many>li{content-visibility:visible}
.counts,.kind,#timeline,.head{background:none}h2{break-after:avoid}.counts{break-inside:avoid}
#rows summary::before{display:none}#rows summary,.head{padding-left:.5rem;padding-right:.5rem}
#timeline{clip-path:none}.keys th,.keys td{white-space:normal}.keys td:last-child{min-width:14rem}.legend svg,.track svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

/** What depends on the axis: the months' lines below the bars, and today's above them. */
function scale({ ticks, today }: Axis): string {
  const line = (at: number): string => `linear-gradient(var(--line),var(--line)) ${String(at)}% 0/1px 100% no-repeat`;
  return `.track{background:${ticks.map(({ at }) => line(at)).join(",") || "none"}}.track::after{left:${String(today)}%}\n`;
}

export const styleOf = (axis: Axis): string =>
  [
    `:root{color-scheme:light dark;${LIGHT}}\n@media (prefers-color-scheme:dark){:root{${DARK}}}\n@media print{:root{color-scheme:light;${LIGHT}}}`,
    BASE,
    FINDINGS,
    ROWS,
    scale(axis),
    BARS,
    NARROW,
    PRINT,
  ].join("");
