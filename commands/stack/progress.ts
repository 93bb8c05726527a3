/** How far the engine is, for who waits at a terminal. */
import type { Console } from "../console";

const EVERY = 25;

/** To be called at each resource that the engine begins with; a program may declare more than the state holds. */
export function progress(console: Console, resources: number): () => void {
  let done = 0;
  return () => {
    done += 1;
    if (done % EVERY > 0) return;
    const all = Math.max(resources, done + 1);
    console.progress(done, all, `${String(done)} of about ${String(all)} looks at resources`);
  };
}
