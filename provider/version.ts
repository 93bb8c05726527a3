/** This package's version, as in package.json (a test compares them): the plugin must know it without its package. */
export const VERSION = "0.1.0";
