// What the TypeScript of the tests sees of cache.mjs.
export function cacheFolder(environment: NodeJS.ProcessEnv, kind: string): string;

export interface Kept {
  name: string;
  works: (folder: string) => boolean | Promise<boolean>;
}

export function intoCache(
  cache: string,
  kept: Kept,
  make: (partial: string) => boolean | Promise<boolean>,
): Promise<string | undefined>;
