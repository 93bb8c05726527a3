// The typed face of docs.mjs.
/** Pages written by hand beside those of the schema, by their paths below docs/. */
export const BY_HAND: readonly string[];
export function pages(schema: object): Map<string, string>;
export function writePages(schema: object, folder: string): void;
