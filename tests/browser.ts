// A real browser for what people look at: the Chromium inside an npm package, unpacked once into the cache, by playwright's
// driver. Nothing is downloaded besides npm's packages, and the system needs no libraries or fonts of its own.
import * as fs from "node:fs";
import * as path from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { extract } from "tar";
import { missing } from "./missing";

/** One that begins, or a test that is left out where this kind of machine has none: npm has it for Linux on x64. */
export async function openBrowser(test: Mocha.Context): Promise<Browser> {
  const { platform, arch } = process;
  if (`${platform} ${arch}` !== "linux x64") missing(test, "a Chromium: Linux on x64");
  const folder = await unpacked();
  const env = { ...process.env, LD_LIBRARY_PATH: path.join(folder, "lib"), FONTCONFIG_PATH: folder };
  return chromium.launch({
    executablePath: path.join(folder, "chromium"),
    args: ["--no-sandbox", "--disable-gpu"], // as root it has no sandbox; the pages are this project's own
    env,
  });
}

export interface Opened {
  readonly page: Page;
  /** What the page said on its console, errors and refusals of its policy among it. */
  readonly said: string[];
  readonly requests: string[];
}

/** A file, in a window of its own; `close` the page in the end. */
export async function openFile(browser: Browser, file: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const page = await browser.newPage(options);
  const opened: Opened = { page, said: [], requests: [] };
  page.on("console", (message) => opened.said.push(message.text()));
  page.on("pageerror", (error) => opened.said.push(String(error)));
  page.on("request", (request) => opened.requests.push(request.url()));
  await page.goto(`file://${file}`);
  return opened;
}

async function unpacked(): Promise<string> {
  const { cacheFolder, intoCache } = await import("../tools/engine/cache.mjs");
  const bin = path.join(path.dirname(require.resolve("@sparticuz/chromium")), "..", "..", "bin");
  const { version } = JSON.parse(fs.readFileSync(path.join(bin, "..", "package.json"), "utf8")) as { version: string };
  const cache = cacheFolder(process.env, "browsers");
  const name = `chromium-${version}`;
  const works = (folder: string): boolean => fs.existsSync(path.join(folder, "fonts.conf"));
  if (works(path.join(cache, name))) return path.join(cache, name);
  const folder = await intoCache(cache, { name, works }, async (partial) => {
    const whole = (file: string): Buffer => brotliDecompressSync(fs.readFileSync(path.join(bin, file)));
    fs.writeFileSync(path.join(partial, "chromium"), whole("chromium.br"), { mode: 0o755 });
    for (const archive of ["al2023.tar", "fonts.tar"]) {
      const file = path.join(partial, archive);
      fs.writeFileSync(file, whole(`${archive}.br`));
      await extract({ file, cwd: partial });
      fs.rmSync(file);
    }
    fs.writeFileSync(path.join(partial, "fonts.conf"), FONTS);
    return true;
  });
  if (folder === undefined) throw new Error("The browser could not be unpacked.");
  return folder;
}

/** The package's Open Sans, beside what the machine has for other signs. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;
