// Tells on stderr that something long is going on: one line updated in place on a terminal, a line every 30 s elsewhere.
const PLAIN_INTERVAL_MS = 30_000;

/**
 * `describe` gives the rest of the line, if there is more to say than the time. What ends within `quietFor` milliseconds
 * is not spoken of. Returns the function that ends it.
 */
export function startProgress(title, { describe = () => "", quietFor = 0 } = {}) {
  const started = Date.now();
  const inPlace = process.stderr.isTTY === true;
  const line = () => `${title}: ${elapsed(Date.now() - started)}${describe()}`;
  let timer;
  const begin = () => {
    process.stderr.write(inPlace ? line() : `${title}\n`);
    timer = setInterval(
      () => process.stderr.write(inPlace ? `\r${line()}   ` : `${line()}\n`),
      inPlace ? 1000 : PLAIN_INTERVAL_MS,
    );
  };
  const later = quietFor > 0 ? setTimeout(begin, quietFor) : begin();
  return (outcome) => {
    clearTimeout(later);
    clearInterval(timer);
    if (timer !== undefined) process.stderr.write(`${inPlace ? "\r" : ""}${line()}, ${outcome}\n`);
  };
}

function elapsed(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
