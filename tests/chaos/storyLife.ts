/** Plays a scenario through the story: the engine's calls in one process, in virtual time, through either adapter. */
import { readFleet } from "../../sdk";
import { fileAsset, output, Story, type Declared, type Outcome, type Program } from "../story";
import { ADMIN, PASSWORD, type World } from "../world";
import { FLEET_NAME, FLEET_SETTINGS, rowsOf, singlesOf, writeCsv } from "./fleet";
import type { KeyRing } from "./keyRing";
import type { Played, Player } from "./life";
import type { CertificateSlot, DefaultSlot, Model } from "./model";
import { countdown } from "./requests";
import type { Kill, Step } from "./scenario";

export class StoryPlayer implements Player {
  readonly #story: Story;
  /** Decides about each request of the operation that runs: it may end the process. */
  #network: Network = new Network(undefined, () => undefined);

  constructor(
    world: World,
    private readonly keys: KeyRing,
  ) {
    const current = (): Network => this.#network;
    // Asked for at the start of each operation: what is left of a process that was killed keeps the network of its own.
    const settings = {
      ...world.story().settings,
      get fetch(): typeof fetch {
        const network = current();
        return (input, init) => network.fetch(input, init);
      },
    };
    this.#story = new Story(settings);
  }

  async play(step: Step): Promise<Played> {
    const program = await this.#program(step.model);
    return this.#operate(step.kill, () => {
      if (step.verb === "refresh") return this.#story.refresh();
      if (step.verb === "destroy") return this.#story.destroy();
      if (step.verb === "preview") return this.#story.preview(program);
      return this.#story.up(program, { replace: step.replace });
    });
  }

  async cleanUp(model: Model): Promise<Played> {
    const program = await this.#program(model);
    const refreshed = await this.#operate(undefined, () => this.#story.refresh());
    const upped = await this.#operate(undefined, () => this.#story.up(program));
    return { ...upped, clean: refreshed.clean && upped.clean, texts: [...refreshed.texts, ...upped.texts] };
  }

  /** As `pulumi preview --refresh`. */
  async preview(model: Model): Promise<Played> {
    const program = await this.#program(model);
    const refreshed = await this.#operate(undefined, () => this.#story.refresh());
    const previewed = await this.#operate(undefined, () => this.#story.preview(program));
    return { ...previewed, changes: [...refreshed.changes, ...previewed.changes] };
  }

  dispose(): void {
    this.#story.kept.clear();
  }

  async #operate(kill: Kill | undefined, operation: () => Promise<Outcome>): Promise<Played> {
    const network = new Network(kill, () => this.#story.kill());
    this.#network = network;
    const { steps, failures, errors, messages } = await operation();
    await network.silence();
    const refused = Object.entries(failures).map(
      ([name, found]) => `${name}: ${found.map(({ reason }) => reason).join(" ")}`,
    );
    const failed = Object.entries(errors).map(([name, error]) => `${name}: ${error}`);
    const problems = [...refused, ...failed];
    const changes = Object.entries(steps).filter(([, step]) => step !== "same");
    // Of what is written down, the outputs: inputs hold the secrets, and the engine encrypts them.
    const outputs = [...this.#story.kept.values()].map(({ state }) => state);
    return {
      clean: problems.length === 0,
      killed: network.hasEnded(),
      changes: [...changes.map(([name, step]) => `${step} ${name}`), ...problems.map((problem) => `failed ${problem}`)],
      texts: [JSON.stringify({ failures, errors, messages }), JSON.stringify(outputs), ...Object.values(errors)],
    };
  }

  async #program(model: Model): Promise<Program> {
    const { certificates, defaults, audit } = singlesOf(model);
    const entries = await Promise.all(
      certificates.map(async (slot) => [slot.name, await this.#certificate(slot)] as const),
    );
    const armored = audit === undefined ? undefined : await this.keys.audit(audit);
    const singles = { ...Object.fromEntries(entries), ...defaultsOf(defaults) };
    return {
      ...singles,
      ...(await this.#fleet(model, Object.keys(singles))),
      ...(armored !== undefined && {
        audit: { token: "AuditPublicKey", args: { domain: DOMAIN, publicKey: armored } },
      }),
    };
  }

  /** After all the others, as the README's "Moving" says. */
  async #fleet(model: Model, after: readonly string[]): Promise<Program> {
    const rows = rowsOf(model);
    if (rows.length === 0) return {};
    const args = { ...readFleet(await writeCsv(rows, this.keys)), ...FLEET_SETTINGS };
    return { [FLEET_NAME]: { token: "SmimeFleet", args, after } };
  }

  async #certificate({ place, key, form, onDelete }: CertificateSlot): Promise<Declared> {
    const { pkcs12, path, privateKeyPem, certificatePem, chainPem } = await this.keys.of(place, key);
    const material = {
      text: { pkcs12: pkcs12.toString("base64"), password: PASSWORD },
      file: { pkcs12: fileAsset(path), password: PASSWORD },
      pem: { privateKey: privateKeyPem, certificate: certificatePem, chain: chainPem },
      adopt: { certificate: certificatePem },
    }[form];
    const args = { userId: place.user, sendAsEmail: place.address, ...material, ...(onDelete && { onDelete }) };
    return { token: "SmimeCertificate", args };
  }
}

const DOMAIN = ADMIN.slice(ADMIN.indexOf("@") + 1);

const defaultsOf = (slots: readonly DefaultSlot[]): Program =>
  Object.fromEntries(slots.map((slot) => [slot.name, defaultOf(slot)]));

function defaultOf({ place, among, onDelete }: DefaultSlot): Declared {
  const [only = ""] = among;
  const candidates = among.map((name) => ({
    certificateId: output(name, "id"),
    expiration: output(name, "expiration"),
  }));
  const choice = among.length > 1 ? { choose: "furthestExpiry", candidates } : { certificateId: output(only, "id") };
  const args = { userId: place.user, sendAsEmail: place.address, ...choice, ...(onDelete && { onDelete }) };
  return { token: "DefaultSmimeCertificate", args };
}

const NEVER = new Promise<never>(() => undefined);

/** The network of one provider process: when that ends, nothing is sent any more, and no answer comes. */
class Network {
  #isDown = false;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #isMoment: (request: { method: string; path: string }) => boolean;

  constructor(
    private readonly kill: Kill | undefined,
    private readonly end: () => void,
  ) {
    this.#isMoment = kill ? countdown(kill) : () => false;
  }

  async fetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    if (this.#isDown) return NEVER;
    const target = input instanceof Request ? input.url : input;
    const isLast = this.#isMoment({
      method: init?.method ?? "GET",
      path: decodeURIComponent(new URL(target).pathname),
    });
    if (isLast && this.kill?.when === "before") return this.#goDown();
    const answer = fetch(input, init);
    const noted = answer.catch(() => undefined).finally(() => this.#underWay.delete(noted));
    this.#underWay.add(noted);
    const response = await answer.catch((error: unknown) => (isLast ? this.#goDown() : Promise.reject(error as Error)));
    if (isLast) return this.#goDown();
    return this.hasEnded() ? NEVER : response; // meanwhile, perhaps
  }

  /** What was sent before the end is carried out, and nothing that comes later is part of this operation. */
  async silence(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  hasEnded(): boolean {
    return this.#isDown;
  }

  #goDown(): Promise<never> {
    this.#isDown = true;
    this.end();
    return NEVER;
  }
}
