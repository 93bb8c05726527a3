// The typed face of find.mjs, which is plain JavaScript so that it runs before anything is compiled.
type Source = (environment: NodeJS.ProcessEnv) => Promise<string | undefined>;

export const sources: Source[];
export const onPath: Source;
export const cached: Source;
export const build: Source;
/** The path of a Pulumi engine, built or installed if need be; rejects with a sentence that says what to install. */
export function findEngine(environment?: NodeJS.ProcessEnv, places?: Source[]): Promise<string>;
