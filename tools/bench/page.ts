/** docs/benchmark.md: the figures as tables, what each means, the goals, the machine, and the command. */
import { goalsOf, verdict } from "./goals";
import type { Machine } from "./machine";
import type { Profile } from "./floor";
import type { BySize, Results } from "./results";
import { LATENCY, PARALLEL } from "./sample";
import type { StateSizes } from "./state";

export interface Report {
  readonly results: Results;
  readonly profiles: readonly Profile[];
  readonly state: StateSizes;
  readonly machine: Machine;
  /** Of the fleet. */
  readonly rows: number;
  /** Without the name of a JSON file. */
  readonly command: string;
}

/** Markdown, not yet in the form that Prettier gives it. */
export function page(report: Report): string {
  const parts = [head(report), floor(report), profile(report), sample(report), requests(report), state(report)];
  return [...parts, fleet(report), goals(report), machine(report)].join("\n\n");
}

const head = ({ command }: Report): string => `# Benchmark

\`${command}\` measured all of this and wrote this page.
The provider runs on the real Pulumi engine, over real HTTP, against the [stand-in for Google](../tests/emulator/README.md), with real PKCS#12 files of RSA-2048 keys. All figures are ratios of
two things measured side by side, or counts: seconds would tell of the machine. Where something was measured several times,
the figure is the median.

![The ratios by the number of resources, and users a second against Google's sample](benchmark.svg)`;

function floor({ results }: Report): string {
  const columns: [string, BySize][] = [
    ["up, wall time", results.upRatio],
    ["up, CPU time", results.upCpuRatio],
    ["up without a change, wall time", results.noopRatio],
    ["refresh, wall time", results.refreshRatio],
  ];
  const sizes = Object.keys(results.upRatio);
  const rows = sizes.map((size) => [grouped(Number(size)), ...columns.map(([, ratios]) => times(ratios[size]))]);
  const growth = results.growthExponent;
  return `## Against a provider that does nothing

As multiples of what the same program takes with a dynamic provider whose verbs return at once, so 1.00 is what Pulumi
itself costs:

${table(["resources", ...columns.map(([name]) => name)], rows)}

Half of the resources are certificates, and half are the defaults of their addresses. Both sides have the same inputs, files
and secrets, the same engine, the same \`file://\` backend with \`PULUMI_SKIP_CHECKPOINTS=true\`, and take turns. The stand-in
answers at once, on the same machine: what it takes is in the wall time, and not in the CPU time, which is that of the
engine, the program and the provider's host.${
    growth === null
      ? ""
      : `\n\nThe time of our up grows with the number of resources to the power of **${growth.toFixed(2)}** (least squares of the
logarithms; 1 is proportional, and less than 1 means that the start of the processes still counts).`
  }`;
}

function profile({ profiles }: Report): string {
  const last = profiles.at(-1);
  if (last === undefined) return "";
  const roles = [
    ["engine", "engine"],
    ["program", "program"],
    ["provider", "provider's host"],
  ] as const;
  const rows = roles.map(([role, name]) => [name, times(last.floor[role]), times(last.ours[role])]);
  return `Where the CPU time of an up of ${grouped(last.size)} resources goes, as multiples of all that the no-op's up takes:

${table(["process", "no-op", "ours"], [...rows, ["stand-in for Google", "", times(last.emulator)]])}

In the program, Pulumi's SDK makes a promise with a stack trace for every property, and a certificate shows more of them than
a no-op resource. The engine takes these in, and writes them down. The provider's host opens and judges each key file, signs
for a token, and asks Google.`;
}

const sample = ({ results: { vsSample } }: Report): string => `## Against Google's own sample

The [guide](https://developers.google.com/gmail/api/guides/smime_certs) has a Python sample that does the same job for a
CSV: list, upload where there is none, make it the default. It runs here with Google's Python client, its bugs fixed and its
way of working kept, one user after the other ([sample.py](../tools/bench/sample.py)). Every answer takes ${String(LATENCY)} ms, as over
the internet. Users a second, from the start of the process to its end, as multiples of the sample's:

${table(
  ["", "users a second, times the sample's"],
  [
    ["Google's sample", "1.0"],
    [`single resources, \`--parallel ${String(PARALLEL)}\``, vsSample.resources.toFixed(1)],
    ["one SmimeFleet", vsSample.fleet.toFixed(1)],
  ],
)}

The sample's services are built from one discovery document that is fetched once, which is the quickest way that Google's
client has. Its requests wait for one another, and ours of different mailboxes do not.`;

const requests = ({ results: { requests } }: Report): string => `## Requests

For one mailbox with its certificate and its default, by the stand-in's log, requests for tokens included:

${table(
  ["job", "requests", "which"],
  [
    ["create", String(requests.create), "token, list, insert, setDefault"],
    ["refresh", String(requests.refresh), "token, and one list for both resources"],
    ["up without a change", String(requests.noop), ""],
    ["another certificate in the key file", String(requests.rotate), "token, list, insert, setDefault, delete"],
  ],
)}`;

const state = ({ state, results }: Report): string => `## State

Bytes of one certificate in the state, as JSON without white space, for the same inputs:

${table(
  ["provider", "bytes", "of which code"],
  [
    ["does nothing", grouped(state.noop), ""],
    ["SmimeCertificate", grouped(state.ours), `2 x ${grouped(state.oursText)}`],
    ["serialised closure", grouped(state.closure), `2 x ${grouped(state.closureText)}`],
  ],
)}

The [closure](../tools/bench/programs/closure.ts) is a dynamic provider as Pulumi's documentation shows them, which can do
no more than upload and delete. Ours takes ${grouped(results.stateBytes)} bytes beyond the no-op resource, of which ${grouped(state.pem)} are the output
\`pem\`, the public certificate with its chain.`;

const fleet = ({ results, rows }: Report): string => `## A domain as one fleet

One SmimeFleet of ${grouped(rows)} mailboxes, its passwords in the environment:

${table(
  ["", "figure"],
  [
    ["preview of the unchanged fleet, times an empty stack's (wall time)", times(results.fleetPreviewRatio)],
    ["bytes of state a mailbox", grouped(results.fleetStateBytesPerRow)],
    ["most memory of the provider's process in the first up", `${grouped(results.providerRssMb)} MiB`],
  ],
)}`;

function goals({ results }: Report): string {
  const rows = goalsOf(results).map((goal) => [
    goal.about,
    grouped(goal.found),
    `${goal.bound} ${grouped(goal.goal)}`,
    verdict(goal),
  ]);
  return `## Goals\n\n${table(["figure", "measured", "goal", ""], rows)}`;
}

const machine = ({ machine, command }: Report): string => `## Machine and versions

${table(["", ""], Object.entries(machine))}

## Again

\`\`\`sh
${command}
\`\`\`

It takes about twenty minutes on two idle cores, and longer the first time, when it mints the certificates; it needs
\`python3\`, and PyPI once. \`--json FILE\` writes the figures down for other programs.`;

/** Columns of figures are set to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const isFigures = (column: number): boolean => rows.every((row) => /^(\d[\d.,x ]*( MiB)?)?$/.test(row[column] ?? ""));
  return [line(head), line(head.map((_, column) => (isFigures(column) ? "---:" : "---"))), ...rows.map(line)].join(
    "\n",
  );
}

const times = (ratio: number | undefined): string => ratio?.toFixed(2) ?? "";
const grouped = (count: number): string => count.toLocaleString("en-US");
