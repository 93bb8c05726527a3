// The typed face of sdk.mjs.
export function writeSdks(schemaFile: string, folder: string, environment?: NodeJS.ProcessEnv): Promise<void>;
