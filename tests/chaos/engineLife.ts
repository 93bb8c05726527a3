/** Plays a scenario on the real engine: the plain CLI, kill -9 of the engine or of the provider, and `pulumi cancel`. */
import { readFileSync } from "node:fs";
import type { OperationOptions, Stack } from "../engine";
import type { EngineProcess, Outcome } from "../engineProcess";
import { openMailboxes, program } from "../stackMailbox";
import type { World } from "../world";
import { FLEET_NAME, FLEET_SETTINGS, rowsOf, singlesOf, writeCsv } from "./fleet";
import type { KeyRing } from "./keyRing";
import type { Played, Player } from "./life";
import type { CertificateSlot, DefaultSlot, Model } from "./model";
import { countdown, watchRequests } from "./requests";
import type { Kill, Scenario, Step, Verb } from "./scenario";

/** What an engine leaves behind when it is killed ends by itself, or with its machine at the latest now (milliseconds). */
const ORPHANS_MAY_LIVE = 3_000;

export class EnginePlayer implements Player {
  /** By name, as the engine's events tell them. */
  readonly #urns = new Map<string, string>();

  static async open({ skipsCheckpoints }: Scenario, world: World, keys: KeyRing): Promise<EnginePlayer> {
    const skip = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
    const stack = await openMailboxes(world, { env: skipsCheckpoints ? skip : {} });
    return new EnginePlayer(stack, world, keys);
  }

  private constructor(
    private readonly stack: Stack,
    private readonly world: World,
    private readonly keys: KeyRing,
  ) {}

  async play(step: Step): Promise<Played> {
    const { model, verb, kill } = step;
    await this.#setProgram(model);
    const urns = step.replace.flatMap((name) => this.#urns.get(name) ?? []);
    const args = urns.flatMap((urn) => ["--replace", urn]);
    return this.#run(verb === "replace" ? "up" : verb, { args }, kill);
  }

  async cleanUp(model: Model): Promise<Played> {
    await this.#setProgram(model);
    return this.#run("up", { refresh: true });
  }

  async preview(model: Model): Promise<Played> {
    await this.#setProgram(model);
    return this.#run("preview", { refresh: true, expectNoChanges: true });
  }

  dispose(): void {
    this.stack.dispose();
  }

  async #run(verb: Exclude<Verb, "replace">, options: OperationOptions, kill?: Kill): Promise<Played> {
    const running = await this.stack.start(verb, options);
    const assassin = new Assassin(this.world, running, kill);
    const outcome = await running.finished;
    assassin.stop();
    const cancelled = assassin.hasKilled ? await this.#goOn(running) : [];
    for (const { name, urn, type } of outcome.steps)
      if (type.includes("google-workspace-mail:")) this.#urns.set(name, urn);
    return {
      clean: outcome.ok,
      killed: assassin.hasKilled,
      changes: [...changesOf(outcome), ...problemsOf(outcome), ...cancelled],
      texts: this.#texts(outcome),
    };
  }

  /** As a person does: look that nothing runs any more, and take the lock away that a killed engine left. */
  async #goOn(running: EngineProcess): Promise<string[]> {
    const end = Date.now() + ORPHANS_MAY_LIVE;
    while (running.commandLines().length > 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 50));
    running.endAll();
    const { output } = await this.stack.run(["cancel", "--yes", "--stack", this.stack.name]);
    return [`cancel: ${output.trim().slice(0, 300)}`];
  }

  /** Of debug events, which nobody sees unasked, stackSecrets.spec.ts says what Pulumi's SDK repeats in them. */
  #texts({ stdout, stderr, events }: Outcome): string[] {
    const isDebug = (event: unknown): boolean => JSON.stringify(event).includes('"prefix":"debug: "');
    const files = this.stack.engineFiles().filter((name) => !/events-\d+\.json$/.test(name));
    const told = JSON.stringify(events.filter((event) => !isDebug(event)));
    return [stdout, stderr, told, ...files.map((name) => readFileSync(name, "latin1"))];
  }

  async #setProgram(model: Model): Promise<void> {
    const { certificates, defaults, audit } = singlesOf(model);
    const lines = await Promise.all(certificates.map((slot) => this.#certificateLine(slot)));
    const armored = audit === undefined ? undefined : await this.keys.audit(audit);
    const auditArgs = `{ domain: "example.com", publicKey: ${JSON.stringify(armored)} }`;
    if (armored !== undefined) lines.push(`new AuditPublicKey("audit", ${auditArgs});`);
    const after = [...certificates, ...defaults].map(({ name }) => name);
    const fleet = await this.#fleetLines(model, after);
    this.stack.setProgram(program(...lines, ...defaults.map(defaultLine), ...fleet));
  }

  /** After all the others, as the README's "Moving" says. */
  async #fleetLines(model: Model, after: readonly string[]): Promise<string[]> {
    const rows = rowsOf(model);
    if (rows.length === 0) return [];
    const csv = JSON.stringify(await writeCsv(rows, this.keys));
    const args = `{ ...readFleet(${csv}), ...${JSON.stringify(FLEET_SETTINGS)} }`;
    return [
      'import { SmimeFleet } from "pulumi-google-workspace-mail";',
      'const { readFleet } = require("pulumi-google-workspace-mail");', // of the root, whatever the adapter
      `new SmimeFleet("${FLEET_NAME}", ${args}, { dependsOn: [${after.join(", ")}] });`,
    ];
  }

  async #certificateLine({ name, alias, place, key, form, onDelete }: CertificateSlot): Promise<string> {
    const { pkcs12, path, privateKeyPem, certificatePem, chainPem } = await this.keys.of(place, key);
    const material = {
      text: `pkcs12: ${JSON.stringify(pkcs12.toString("base64"))}, password`,
      file: `pkcs12: new pulumi.asset.FileAsset(${JSON.stringify(path)}), password`,
      pem: `privateKey: ${JSON.stringify(privateKeyPem)}, certificate: ${JSON.stringify(certificatePem)}, chain: ${JSON.stringify(chainPem)}`,
      adopt: `certificate: ${JSON.stringify(certificatePem)}`,
    }[form];
    const wish = onDelete === undefined ? "" : `, onDelete: "${onDelete}"`;
    const args = `{ userId: "${place.user}", sendAsEmail: "${place.address}", ${material}${wish} }`;
    return `const ${name} = new SmimeCertificate("${name}", ${args}, ${aliases(alias)});`;
  }
}

function defaultLine({ name, alias, place, among, onDelete }: DefaultSlot): string {
  const [only = ""] = among;
  const candidates = among.map((each) => `{ certificateId: ${each}.id, expiration: ${each}.expiration }`);
  const choice =
    among.length > 1 ? `choose: "furthestExpiry", candidates: [${candidates.join(", ")}]` : `certificateId: ${only}.id`;
  const wish = onDelete === undefined ? "" : `, onDelete: "${onDelete}"`;
  const args = `{ userId: "${place.user}", sendAsEmail: "${place.address}", ${choice}${wish} }`;
  return `const ${name} = new DefaultSmimeCertificate("${name}", ${args}, ${aliases(alias)});`;
}

const aliases = (alias: string | undefined): string =>
  alias === undefined ? "{}" : `{ aliases: [{ name: "${alias}" }] }`;

/** Without what stays, and without what concerns the stack itself. */
function changesOf({ steps }: Outcome): string[] {
  const ours = steps.filter(
    ({ type }) => type.includes("google-workspace-mail:") && !type.startsWith("pulumi:providers"),
  );
  return ours.filter(({ op }) => !["same", "refresh", "read"].includes(op)).map(({ op, name }) => `${op} ${name}`);
}

/** What the engine says itself, it only prints. */
function problemsOf({ ok, messages, stderr }: Outcome): string[] {
  const errors = messages.filter(({ severity }) => severity === "error").map(({ text }) => text);
  const told = ok || errors.length > 0 ? errors : [stderr.trim()];
  return told.map((text) => `error: ${text.slice(0, 300)}`);
}

/** Kills at the moment it is told. */
class Assassin {
  hasKilled = false;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #unwatch: () => void;

  constructor(
    world: World,
    private readonly running: EngineProcess,
    private readonly kill: Kill | undefined,
  ) {
    const isMoment = kill && kill.after === undefined ? countdown(kill) : () => false;
    const stage = kill?.when === "before" ? "start" : "answered";
    this.#unwatch = watchRequests(world.emulator, (at, exchange) => {
      if (at === stage && isMoment(exchange)) this.#strike();
    });
    if (kill?.after !== undefined) this.#timer = setTimeout(() => this.#strike(), kill.after);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
  }

  #strike(): void {
    if (this.kill?.who === "provider") {
      this.hasKilled ||= this.running.killProvider();
      return;
    }
    this.running.signal("SIGKILL");
    this.hasKilled = true;
  }
}
