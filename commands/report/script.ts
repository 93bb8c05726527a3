/** The page's one script: the filter. Without it everything is shown, and the field is not. */
export const SCRIPT = `
const rows = [...document.querySelectorAll("#rows > li")];
const words = document.getElementById("words");
const shown = document.getElementById("shown");
if (words && rows.length > 0) {
  let texts;
  const read = () => (texts ??= rows.map((row) =>
    [...row.querySelectorAll("summary, td")].map((part) => part.textContent).join("\\n").toLowerCase()));
  const number = (many) => many.toLocaleString("en");
  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\\s+/).filter(Boolean);
    let many = 0;
    read().forEach((text, index) => {
      const fits = wanted.every((word) => text.includes(word));
      if (fits) many += 1;
      if (rows[index].hidden === fits) rows[index].hidden = !fits;
    });
    shown.textContent = number(many) + " of " + number(rows.length) + (rows.length === 1 ? " address" : " addresses");
    document.getElementById("none").hidden = many > 0;
  };
  words.addEventListener("input", filter);
  document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("filter").hidden = false;
  shown.textContent = number(rows.length) + (rows.length === 1 ? " address" : " addresses");
  const open = () => {
    const row = document.getElementById(location.hash.slice(1));
    const fold = row?.querySelector("details");
    if (fold) { row.hidden = false; fold.open = true; row.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  globalThis.requestIdleCallback?.(read);
  open();
}
`;
