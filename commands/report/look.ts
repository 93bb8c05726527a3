/** Looks at Gmail for a report: Pulumi refreshes the stack's resources without keeping the result, and no program runs. */
import { readFile } from "node:fs/promises";
import { OBSERVED } from "../../provider/google/observer";
import type { Console } from "../console";
import { observing, type Found } from "../inventory/found";
import { preview } from "../stack/preview";
import type { Project } from "../stack/pulumi";

export interface Looked {
  readonly found: Found;
  /** Why not everything could be read. */
  readonly failures: readonly string[];
}

/** `addresses`: how many the stack is about. */
export async function lookAtGmail(project: Project, addresses: number, console: Console): Promise<Looked> {
  const { result, found } = await observing(async (environment) => {
    const stop = watch(environment[OBSERVED] ?? "", addresses, console);
    try {
      return await preview(project, { refresh: true, withoutProgram: true, environment });
    } finally {
      stop();
    }
  });
  const errors = result.messages.filter(({ severity }) => severity === "error");
  return { found, failures: [...new Set(errors.map(({ text }) => text))] };
}

const EVERY = 500;

/** A fleet of thousands is one resource to the engine: how far it is shows in what was observed. */
function watch(file: string, addresses: number, console: Console): () => void {
  let told = 0;
  let isOver = false;
  const tell = (seen: number): void => {
    for (; !isOver && told < Math.min(seen, addresses); told += 1)
      console.progress(told + 1, addresses, `${String(told + 1)} of ${String(addresses)} addresses`);
  };
  const timer = setInterval(() => {
    void linesIn(file).then(tell);
  }, EVERY);
  return () => {
    isOver = true;
    clearInterval(timer);
    console.progress(addresses, addresses, ""); // takes the line off a terminal
  };
}

async function linesIn(file: string): Promise<number> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").length - 1;
}
