/** `npm run bench` as far as it is quick: its command line, its counting, and what it writes of recorded figures. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { XMLValidator } from "fast-xml-parser";
import { format } from "prettier";
import { goalsOf, verdict } from "../tools/bench/goals";
import { Lab } from "../tools/bench/lab";
import { readOptions, USAGE } from "../tools/bench/options";
import { page, type Report } from "../tools/bench/page";
import { plot } from "../tools/bench/plot";
import { Watch } from "../tools/bench/processes";
import type { Results } from "../tools/bench/results";
import { growthExponent, median } from "../tools/bench/statistics";
import { Page, ROOT, tableRows } from "./markdown";

const results: Results = {
  upRatio: { "100": 1.31, "500": 1.47, "2000": 1.62 },
  upCpuRatio: { "100": 1.22, "500": 1.24, "2000": 1.26 },
  noopRatio: { "100": 1.03, "500": 1.07, "2000": 1.11 },
  refreshRatio: { "100": 1.17, "500": 1.37, "2000": 1.57 },
  vsSample: { resources: 7.1, fleet: 11.4 },
  requests: { create: 4, refresh: 2, noop: 0, rotate: 6 },
  stateBytes: 3081,
  providerTextBytes: 104,
  growthExponent: 0.87,
  fleetPreviewRatio: 1.83,
  fleetStateBytesPerRow: 321,
  providerRssMb: 287,
};

const report: Report = {
  results,
  profiles: [
    {
      size: 2000,
      floor: { engine: 0.41, program: 0.35, provider: 0.24 },
      ours: { engine: 0.45, program: 0.36, provider: 0.49 },
      emulator: 0.38,
    },
  ],
  state: { ours: 5376, noop: 2295, closure: 12_944, oursText: 104, closureText: 3919, pem: 2808 },
  machine: { processor: "2 x Example" },
  rows: 10_000,
  command: "npm run bench -- --sizes 100,500,2000 --fleet 10000",
};

describe("the benchmark's command line", () => {
  it("has defaults, and takes sizes in any order, each once", () => {
    assert.deepEqual(readOptions([]), { sizes: [100, 500, 2000], fleet: 10_000 });
    const args = ["--sizes", "500,20,500", "--fleet", "30", "--json", "figures.json"];
    assert.deepEqual(readOptions(args), { sizes: [20, 500], fleet: 30, json: "figures.json" });
  });

  for (const args of [
    ["--sizes", "100,many"],
    ["--sizes", "1"],
    ["--sizes", "20001"],
    ["--sizes="],
    ["--fleet", "0"],
    ["--fleet", "1e3"],
    ["--json="],
    ["--speed", "9"],
    ["500"],
  ])
    it(`refuses ${args.join(" ")}, with its usage`, () => {
      assert.throws(
        () => readOptions(args),
        ({ message }: Error) => message.endsWith(USAGE) && message !== USAGE,
      );
    });

  it("exits with 2 on a wrong one, before any work, with nothing on stdout", () => {
    const args = ["-r", "ts-node/register/transpile-only", "tools/bench/main.ts", "--fleet", "none"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /^bench: --fleet: "none" is no whole number/);
  });
});

describe("the benchmark's arithmetic", () => {
  it("takes the median, and the exponent of growth by least squares", () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 2, 9]), 3);
    const power = (exponent: number) => [10, 50, 700].map((size) => [size, 3 * size ** exponent] as const);
    assert.ok(Math.abs((growthExponent(power(1)) ?? 0) - 1) < 1e-9);
    assert.ok(Math.abs((growthExponent(power(1.7)) ?? 0) - 1.7) < 1e-9);
    // by hand: the logarithms to 10 are 0, 1, 2 and 0, 1, 1
    const bent = [1, 10, 100].map((size, index) => [size, [1, 10, 10][index] ?? 0] as const);
    assert.ok(Math.abs((growthExponent(bent) ?? 0) - 0.5) < 1e-9);
    assert.equal(growthExponent([[100, 3]]), null);
  });

  it("says of each goal whether it was met, and by how much it was missed", () => {
    const missed = goalsOf(results).flatMap((goal) => (verdict(goal) === "met" ? [] : [[goal.about, verdict(goal)]]));
    assert.deepEqual(missed, [
      ["wall time of up at 2000 resources, times the no-op's", "missed by 8 %"],
      ["CPU time of up at 2000 resources, times the no-op's", "missed by 1 %"],
      ["fleet, times the sample's users a second", "missed by 5 %"],
      ["requests of a rotation", "missed by 20 %"],
    ]);
    assert.equal(goalsOf(results).length, 16);
  });
});

describe("the benchmark's counting", () => {
  it("knows the CPU time and the memory of processes by their PULUMI_HOME, and what each is", async () => {
    const home = `/nowhere/${String(process.pid)}`;
    const watch = new Watch(home);
    const burn = (seconds: number): string =>
      `const memory = Buffer.alloc(2 ** 27, 1); let sum = 0;
       while (process.cpuUsage().user < ${String(seconds * 1e6)}) for (let turn = 0; turn < 1e6; turn++) sum += turn;
       setTimeout(() => memory, 100);`;
    const children = [
      spawn(process.execPath, ["-e", burn(0.6), "dynamic-provider"], { env: { PULUMI_HOME: home } }),
      spawn(process.execPath, ["-e", burn(0.3), "programHost.cjs"], { env: { PULUMI_HOME: home } }),
      spawn(process.execPath, ["-e", burn(0.3), "dynamic-provider"], { env: { PULUMI_HOME: `${home}0` } }),
    ];
    await Promise.all(children.map((child) => once(child, "exit")));
    const { wall, cpu, providerRss } = watch.stop();
    // 20 ms between two looks, and what the start of Node.js takes
    assert.ok(cpu.provider > 0.5 && cpu.program > 0.2, JSON.stringify(cpu));
    assert.ok(cpu.engine < 0.1 && wall > 0.5, JSON.stringify({ cpu, wall }));
    assert.ok(providerRss > 128 && providerRss < 1024, String(providerRss));
  });

  it("asks an emulator that is a process of its own, and leaves nothing of it behind", async () => {
    const before = process.env["TMPDIR"];
    const lab = new Lab(() => undefined);
    const emulator = await lab.emulator();
    try {
      assert.equal(await lab.emulator(), emulator);
      await emulator.reset(["one@example.com"]);
      await fetch(`${emulator.url}/gmail/v1/users/me/settings/sendAs`);
      assert.deepEqual(
        (await emulator.takeRequests()).map(({ status }) => status),
        [401],
      );
      assert.deepEqual(
        [await emulator.takeRequests(), Object.keys((await emulator.state()).users)],
        [[], ["one@example.com"]],
      );
      assert.ok(emulator.cpu() > 0);
    } finally {
      lab.dispose();
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
    const isThere = (): Promise<boolean> =>
      emulator.state().then(
        () => true,
        () => false,
      );
    while (await isThere()) await new Promise((resolve) => setTimeout(resolve, 20)); // it dies a moment later
    assert.ok(!existsSync(lab.folder));
  });
});

describe("the benchmark's page", () => {
  const written = new Page("docs/benchmark.md");

  it("shows every figure, the goals and the machine", async () => {
    const text = await format(page(report), { parser: "markdown", printWidth: 120 });
    assert.deepEqual(
      tableRows(text, "resources").map((row) => row.join(" ")),
      ["100 1.31 1.22 1.03 1.17", "500 1.47 1.24 1.07 1.37", "2,000 1.62 1.26 1.11 1.57"],
    );
    assert.deepEqual(tableRows(text, "process").at(-1), ["stand-in for Google", "", "0.38"]);
    assert.equal(tableRows(text, "figure").length, goalsOf(results).length);
    for (const figure of ["0.87", "7.1", "11.4", "3,081", "5,376", "12,944", "1.83", "321", "287 MiB", "2 x Example"])
      assert.ok(text.includes(figure), figure);
  });

  it("was written by this version, and links to files that exist", async () => {
    const headings = (text: string): string[] => text.match(/^#+ .*$/gm) ?? [];
    assert.deepEqual(headings(written.text), headings(page(report)));
    for (const link of written.links().filter((link) => !link.startsWith("https:")))
      assert.ok(existsSync(join(ROOT, dirname(written.path), link)), link);
  });

  it("has a plot with a curve a figure, each with a point a size, for one size too", () => {
    const svg = plot(results);
    assert.equal(XMLValidator.validate(svg), true);
    assert.ok(svg.includes("prefers-color-scheme: dark"));
    assert.equal(svg.match(/<polyline/g)?.length, 4);
    assert.equal(svg.match(/<circle [^>]*r="4"/g)?.length, 12);
    assert.equal(svg.match(/<rect class="bar"/g)?.length, 3);
    const one = (ratio: number) => ({ "100": ratio });
    const small = plot({ ...results, upRatio: one(1), upCpuRatio: one(1), noopRatio: one(1), refreshRatio: one(3) });
    assert.equal(XMLValidator.validate(small), true);
    assert.ok(!/NaN|Infinity|undefined/.test(svg + small));
  });
});
