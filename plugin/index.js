// What Pulumi's language host for Node.js runs of this folder (@pulumi/pulumi/cmd/run-plugin requires it). That host gives
// its plugins no stdin, while the plugin takes the end of stdin for the end of the engine: so here stdin never ends.
"use strict";
const { PassThrough } = require("node:stream");

Object.defineProperty(process, "stdin", { value: new PassThrough() });
require("../dist/provider/plugin.js");
