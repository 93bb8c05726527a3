// The typed face of find.mjs, which is plain JavaScript so that it runs before anything is compiled.

/** The path of Pulumi's YAML host that goes with this engine. */
export function findYamlHost(engine: string, environment?: NodeJS.ProcessEnv): Promise<string | undefined>;
/** The path of a `python` that has Pulumi's SDK. */
export function findPython(environment?: NodeJS.ProcessEnv): Promise<string | undefined>;
/** The folder for PYTHONPATH in which sdk/python is installed; rejects where that fails. */
export function installSdk(python: string, environment?: NodeJS.ProcessEnv): Promise<string>;
/** The path of tests/drivers/go, compiled; rejects where it does not compile. */
export function findGoDriver(environment?: NodeJS.ProcessEnv): Promise<string | undefined>;
