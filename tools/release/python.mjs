// `node tools/release/python.mjs FOLDER`: the Python SDK as a wheel and a source archive, with the `python` on PATH, which
// has setuptools. The same commit gives the same bytes.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { create, extract } from "tar";

/** What a build asks of its backend, after PEP 517. It changes sys.argv on the way. */
const BUILD = `
import sys
from setuptools import build_meta
folder = sys.argv[1]
build_meta.build_sdist(folder)
build_meta.build_wheel(folder)
`;
/** Any fixed time does, but a zip archive, which a wheel is, knows none before 1980. As in npm's archives. */
const TIME = new Date("1985-10-26T08:15:00Z");
const root = fileURLToPath(new URL("../../", import.meta.url));

const output = path.resolve(process.argv[2] ?? "release");
const stage = fs.mkdtempSync(path.join(os.tmpdir(), "google-workspace-mail-python-"));
try {
  build();
  for (const name of fs.readdirSync(path.join(stage, "out"))) await keep(name);
} finally {
  fs.rmSync(stage, { recursive: true });
}

/** In a copy, for setuptools leaves its work beside the sources, and would pack what an earlier run left there. */
function build() {
  const source = path.join(stage, "source");
  const ours = (file) => !/(^|\/)(build|__pycache__|[^/]*\.egg-info)$/.test(file);
  fs.cpSync(path.join(root, "sdk", "python"), source, { recursive: true, filter: ours });
  fs.copyFileSync(path.join(root, "LICENSE"), path.join(source, "LICENSE"));
  for (const name of filesIn(source)) fs.chmodSync(path.join(source, name), 0o644); // a wheel keeps what it finds
  process.umask(0o022);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(TIME.getTime() / 1000) };
  const { status, stderr, error } = spawnSync("python", ["-c", BUILD, path.join(stage, "out")], { cwd: source, env });
  if (status !== 0) throw new Error(`setuptools cannot build sdk/python: ${error?.message ?? String(stderr)}`);
}

async function keep(name) {
  const from = path.join(stage, "out", name);
  const to = path.join(output, name);
  fs.mkdirSync(output, { recursive: true });
  if (name.endsWith(".whl")) fs.copyFileSync(from, to);
  else await repack(from, to);
  process.stdout.write(`${to}\n`);
}

/** setuptools writes the time of the build into a source archive, whatever SOURCE_DATE_EPOCH says. */
async function repack(from, to) {
  const folder = path.join(stage, "archive");
  fs.mkdirSync(folder);
  await extract({ file: from, cwd: folder });
  const onWriteEntry = (entry) => (entry.stat.mode = 0o100644);
  const options = { cwd: folder, portable: true, mtime: TIME, gzip: { level: 9, portable: true }, onWriteEntry };
  await create({ ...options, file: to }, filesIn(folder));
}

/** Relative to it, sorted. */
function filesIn(folder) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).sort();
}
