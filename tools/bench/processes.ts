/** What the processes of a stack cost, seen from outside (Linux: /proc): CPU time by what each one is, and memory. */
import { readdirSync, readFileSync } from "node:fs";

export const ROLES = ["engine", "program", "provider"] as const;
export type Role = (typeof ROLES)[number];
export type Cpu = Record<Role, number>;

export interface Cost {
  /** Seconds from the start to the end. */
  readonly wall: number;
  /** Seconds of CPU time, user's and system's. */
  readonly cpu: Cpu;
  /** The most that a provider's process ever had, in MiB. */
  readonly providerRss: number;
}

/** The kernel counts CPU time in these on every architecture that Node.js runs on (USER_HZ). */
const TICKS_A_SECOND = 100;
/** Between two looks, in ms: what a process does after the last look before its end is not counted. */
const INTERVAL = 20;

interface Seen {
  role: Role;
  /** Of CPU time. */
  ticks: number;
  /** In KiB. */
  peak: number;
}

/** Watches every process that inherited this PULUMI_HOME, from the moment it is made until `stop`. */
export class Watch {
  readonly #start = performance.now();
  readonly #ours = new Map<number, Seen>();
  readonly #others = new Set<number>();
  readonly #timer = setInterval(() => {
    this.#look();
  }, INTERVAL);

  constructor(private readonly home: string) {}

  /** Before the processes are gone, so that none is missed. */
  stop(): Cost {
    const wall = (performance.now() - this.#start) / 1000;
    clearInterval(this.#timer);
    this.#look();
    const cpu: Cpu = { engine: 0, program: 0, provider: 0 };
    let peak = 0;
    for (const seen of this.#ours.values()) {
      cpu[seen.role] += seen.ticks / TICKS_A_SECOND;
      if (seen.role === "provider") peak = Math.max(peak, seen.peak);
    }
    return { wall, cpu, providerRss: peak / 1024 };
  }

  #look(): void {
    for (const entry of readdirSync("/proc")) {
      const pid = Number(entry);
      if (Number.isNaN(pid) || this.#others.has(pid)) continue;
      if (!this.#ours.has(pid) && !this.#isOurs(pid)) continue;
      this.#measure(pid);
    }
  }

  /** One that we ourselves have just started may still have our own environment: it is looked at again. */
  #isOurs(pid: number): boolean {
    const isOurs = read(pid, "environ").split("\0").includes(`PULUMI_HOME=${this.home}`);
    if (!isOurs && statOf(pid)?.parent !== process.pid) this.#others.add(pid);
    return isOurs;
  }

  #measure(pid: number): void {
    const [stat, status] = [statOf(pid), read(pid, "status")];
    if (stat === undefined) return;
    const before = this.#ours.get(pid);
    // what is a zombie has neither a command line nor memory any more
    const command = read(pid, "cmdline");
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    this.#ours.set(pid, {
      role: command === "" && before ? before.role : roleOf(command),
      ticks: stat.ticks,
      peak: Math.max(peak, before?.peak ?? 0),
    });
  }
}

/** Kills whatever was started with this variable, such as `TMPDIR=…`, by whomever. */
export function endAll(variable: string): void {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const pid = Number(entry);
    if (!read(pid, "environ").split("\0").includes(variable) || pid === process.pid) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // gone in the meantime
    }
  }
}

/** Seconds of CPU time that a process has had until now; 0 where it is gone. */
export const cpuOf = (pid: number): number => (statOf(pid)?.ticks ?? 0) / TICKS_A_SECOND;

/** The engine starts the dynamic provider's host through a shell script of its name. */
function roleOf(command: string): Role {
  if (/dynamic-provider|pulumi-resource-/.test(command)) return "provider";
  return command.includes("programHost") ? "program" : "engine";
}

/** proc_pid_stat(5); the command's name, in brackets, may hold anything. */
function statOf(pid: number): { parent: number; ticks: number } | undefined {
  const stat = read(pid, "stat");
  if (stat === "") return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

/** Empty where the process is gone, or another user's. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, "utf8");
  } catch {
    return "";
  }
}
