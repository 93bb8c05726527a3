// The compiled plugin and its libraries as a handful of files that need nothing but Node.js. The dependencies as npm
// installs them are many times the size, for @pulumi/pulumi brings a package manager and a tracer along.
import * as fs from "node:fs";
import { isBuiltin } from "node:module";
import * as path from "node:path";
import { build } from "esbuild";

const PLUGIN = "dist/provider/plugin.js";
/** The main of a thread, which its starter looks for beside itself. */
const THREAD = { from: "dist/provider/keys/pkcs12Worker.js", to: "dist/provider/pkcs12Worker.js" };
/** OpenPGP.js is under the LGPL: it goes along as its makers built it, in a file of its own that may be replaced. */
const UNCHANGED = { openpgp: ["package.json", "dist/node/openpgp.min.cjs"] };

/** Fills `folder`. Answers with the folders of the npm packages that are in it, sorted, relative to `root`. */
export async function bundle(root, folder) {
  const lazy = new Set();
  const used = new Set();
  const write = async (outfile, options) => {
    const { metafile } = await build({
      ...{
        absWorkingDir: root,
        bundle: true,
        platform: "node",
        target: "node20.19",
        metafile: true,
        logLevel: "error",
      },
      // What is imported when first used is CommonJS here: import() becomes require().
      ...{ supported: { "dynamic-import": false }, outfile: path.join(folder, outfile) },
      ...options,
    });
    for (const file of Object.keys(metafile.inputs)) addPackage(used, file);
  };
  await write(PLUGIN, { entryPoints: [PLUGIN], plugins: [leaveOut(lazy)] });
  await write(THREAD.to, { entryPoints: [THREAD.from], plugins: [leaveOut(lazy)] });
  for (const name of [...lazy].sort()) {
    const target = path.join("node_modules", name);
    const others = [...lazy].filter((other) => other !== name);
    if (name in UNCHANGED)
      copy(
        root,
        folder,
        UNCHANGED[name].map((file) => path.join(target, file)),
      );
    else await write(path.join(target, "index.js"), { stdin: whole(root, name), external: others });
    addPackage(used, target); // a name may go into a package, as csv-parse/sync does
  }
  return [...used].sort();
}

/**
 * What our code imports when it is first used stays outside, as node_modules of its own: in the one file, reading past it
 * would cost every start 60 ms and 9 MB.
 */
const leaveOut = (lazy) => ({
  name: "leave out what is loaded when first used",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path: name, kind, importer }) => {
      if (kind !== "dynamic-import" || isBuiltin(name) || importer.includes("node_modules")) return undefined;
      lazy.add(name);
      return { path: name, external: true };
    });
  },
});

const whole = (resolveDir, name) => ({ resolveDir, contents: `module.exports = require(${JSON.stringify(name)});` });

function copy(root, folder, files) {
  for (const file of files) fs.cpSync(path.join(root, file), path.join(folder, file));
}

function addPackage(used, file) {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  if (found) used.add(found[0]);
}
