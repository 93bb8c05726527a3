// Mocha's spec reporter with a plain closing line, `N passed, N failed`, after everything else. The files that failed are
// also written to the file that FAILED_FILES names, a line each.
const { appendFileSync } = require("node:fs");
const { Spec } = require("mocha").reporters;

class ClosingLine extends Spec {
  /** Mocha calls this last; a reporter's own "end" handler would come before the list of failures is printed. */
  done(failures, exit) {
    const { passes, pending } = this.stats;
    const files = new Set(this.failures.map(({ file }) => `${file}\n`));
    if (process.env.FAILED_FILES) appendFileSync(process.env.FAILED_FILES, [...files].join(""));
    // `failures` counts failed hooks too: a run whose set-up failed must not close with "0 failed".
    const skipped = pending > 0 ? `, ${pending} skipped` : "";
    process.stdout.write(`${passes} passed, ${failures} failed${skipped}\n`, () => exit(failures));
  }
}

module.exports = ClosingLine;
