/** Rules as policies of Pulumi's: the one place that speaks its protocol. */
import {
  PolicyPack,
  type PolicyResourceOptions,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import { kindOf, type Rule, type Subject } from "./rule";
import { defaults, schemas, type Settings } from "./settings";
import { plainProperties, type Values } from "./values";

const STACK = "pulumi:pulumi:Stack";

type Both = Partial<ResourceValidationPolicy & StackValidationPolicy>;

/** Starts the server that the engine speaks to, and prints its port. */
export function startPack(rules: readonly Rule[], now: () => Date): void {
  const policies = rules.map((rule) => new Policy(rule, now).asPulumis());
  new PolicyPack("google-workspace-mail", { policies, enforcementLevel: "mandatory" });
}

interface Shown {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly opts: PolicyResourceOptions;
}

/** One rule in one operation of the engine, which starts a pack's process anew for each. */
class Policy {
  /** By URN: an output stage is shown no inputs, and what was told of a resource is not told twice. */
  readonly #inputs = new Map<string, Values>();
  readonly #told = new Set<string>();
  /** By URN: the properties with their secrets marked, where the engine asked for remediations. */
  readonly #marked = new Map<string, Values>();

  constructor(
    private readonly rule: Rule,
    private readonly now: () => Date,
  ) {}

  asPulumis(): ResourceValidationPolicy | StackValidationPolicy {
    const { name, description, level, settings, asked, seesSecrets } = this.rule;
    const properties = Object.fromEntries(
      settings.map((each) => [each, { ...schemas[each], default: defaults[each] }]),
    );
    const head = { name, description, enforcementLevel: level, configSchema: { properties } };
    const both: Both = {
      ...(asked !== "outputs" && this.#ofInputs()),
      ...(asked !== "inputs" && this.#ofOutputs()),
      ...(seesSecrets && this.#ofSecrets()),
    };
    return { ...head, ...both };
  }

  #ofInputs(): Pick<ResourceValidationPolicy, "validateResource"> {
    return {
      validateResource: async (args, report) => {
        const marked = this.#marked.get(args.urn);
        const properties = marked ?? (await plainProperties(args.props));
        this.#marked.delete(args.urn);
        this.#told.delete(args.urn);
        if (this.rule.asked === "both") this.#inputs.set(args.urn, properties);
        for (const message of this.#check(args, properties, args.getConfig(), marked !== undefined)) {
          this.#told.add(args.urn);
          report(message, args.urn);
        }
      },
    };
  }

  #ofOutputs(): Pick<StackValidationPolicy, "validateStack"> {
    return {
      validateStack: async (args, report) => {
        for (const resource of args.resources) {
          if (this.#told.has(resource.urn)) continue;
          const properties = { ...this.#inputs.get(resource.urn), ...(await plainProperties(resource.props)) };
          for (const message of this.#check(resource, properties, args.getConfig(), false))
            report(message, resource.urn);
        }
      },
    };
  }

  /** Changes nothing: only in this call does @pulumi/policy let a policy know what is secret. */
  #ofSecrets(): Pick<ResourceValidationPolicy, "remediateResource"> {
    return {
      remediateResource: async ({ urn, props }) => {
        this.#marked.set(urn, await plainProperties(props));
      },
    };
  }

  #check(shown: Shown, properties: Values, config: Partial<Settings>, secretsAreKnown: boolean): string[] {
    const { type, name, opts } = shown;
    const subject: Subject = {
      kind: kindOf(type),
      type,
      name,
      properties,
      isProtected: opts.protect,
      deletesBeforeReplace: opts.deleteBeforeReplace === true,
      secretsAreKnown,
      now: this.now(),
    };
    const said = [
      ...(type === STACK ? this.#misspelt(Object.keys(config)) : []),
      ...this.rule.check(subject, { ...defaults, ...config }),
    ];
    return said.map((each) => `${name} (${subject.kind ?? type}): ${each}`);
  }

  /**
   * Said of the stack, which a program registers before anything else, so that an update stops there. The engine checks the
   * types of the settings that it knows, and passes on all others (ReconcilePolicyPackConfig drops `additionalProperties`).
   */
  #misspelt(written: readonly string[]): string[] {
    const { name, settings } = this.rule;
    const known: readonly string[] = settings;
    const next = known.length > 0 ? `Its settings are ${known.join(", ")}.` : "It has none but enforcementLevel.";
    return written
      .filter((each) => !known.includes(each))
      .map((each) => `${each}: ${name} has no such setting, and would go on without it. ${next}`);
  }
}
