/** The contrast of every text on a page, by WCAG 2: from the colours that the browser computed. */
import type { Page } from "playwright-core";

export interface Contrast {
  readonly texts: number;
  /** Below 4.5 to 1: the text's beginning, and the ratio. */
  readonly faint: readonly string[];
}

/** Runs in the page. Of a text in a picture the fill is its colour; what has no background of its own shows its parent's. */
const MEASURE = `(() => {
  const parts = (colour) => {
    const [r, g, b, alpha = 1] = (colour.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    return { rgb: [r, g, b], alpha };
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const below = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const { rgb, alpha } = parts(getComputedStyle(one).backgroundColor);
      if (alpha === 1) return rgb;
      if (alpha > 0) throw new Error("a background that shines through: " + one.className);
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  let texts = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text === "" || element.closest("script, title, .star, [hidden]") || !element.checkVisibility()) continue;
    texts += 1;
    const style = getComputedStyle(element);
    const { rgb } = parts(element instanceof SVGElement ? style.fill : style.color);
    const [low, high] = [light(rgb), light(below(element))].sort((one, other) => one - other);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(text.slice(0, 30) + " " + ratio.toFixed(2));
  }
  return { texts, faint };
})()`;

export const faintIn = (page: Page): Promise<Contrast> => page.evaluate<Contrast>(MEASURE);
