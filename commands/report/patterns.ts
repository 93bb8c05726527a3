/** How a bar shows its state without its colour: hatches, dots and outlines, drawn by the page itself. */
import { Markup } from "./markup";

/** A pattern a state; the colours are the style's. */
export const PATTERNS = new Markup(`<svg width=0 height=0 class=defs aria-hidden=true focusable=false><defs>
<pattern id=p-due width=7 height=7 patternUnits=userSpaceOnUse patternTransform="rotate(45)"><rect class=due-a width=7 height=7 /><rect class=ink width=2 height=7 /></pattern>
<pattern id=p-expired width=6 height=6 patternUnits=userSpaceOnUse patternTransform="rotate(45)"><rect class=expired-a width=6 height=6 /><path class=inks d="M0 0H6M0 0V6" /></pattern>
<pattern id=p-unmanaged width=6 height=6 patternUnits=userSpaceOnUse><rect class=unmanaged-a width=6 height=6 /><circle class=ink cx=3 cy=3 r=1.3 /></pattern>
<linearGradient id=p-fade><stop class=stop offset=0 /><stop class=stop offset=1 stop-opacity=0 /></linearGradient>
</defs></svg>
`);

export const BARS = `
.defs{position:absolute}
.due-a{fill:var(--due)}.expired-a{fill:var(--expired)}.unmanaged-a{fill:var(--unmanaged)}
.ink{fill:var(--page);fill-opacity:.75}.inks{stroke:var(--page);stroke-opacity:.8;stroke-width:1.6}.stop{stop-color:var(--page)}
rect.valid{fill:var(--valid)}rect.due{fill:url(#p-due);stroke:var(--due)}rect.expired{fill:url(#p-expired);stroke:var(--expired)}
rect.unmanaged{fill:url(#p-unmanaged);stroke:var(--unmanaged)}rect.kept,rect.going,rect.unknown{fill:var(--old);fill-opacity:.45;stroke:var(--old)}
rect.missing{fill:none;stroke:var(--red);stroke-width:1.5;stroke-dasharray:5 3}rect.notYetValid{fill:none;stroke:var(--valid);stroke-width:1.5}
rect.fade{fill:url(#p-fade);stroke:none}
.star{font-size:12px;fill:var(--star);stroke:#14171c;stroke-width:2.5px;paint-order:stroke;stroke-linejoin:round}
@media (forced-colors:active){rect{stroke:CanvasText!important;fill:none!important}rect.valid{fill:CanvasText!important}rect.fade{stroke:none!important}.star{fill:Highlight;stroke:Canvas}}
`;
