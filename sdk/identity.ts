/**
 * What SmimeIdentity is through either adapter: a component whose children are certificates by name and the default of
 * their address. Its type is the same for both, and is in every child's URN, so a stack can go from one adapter to the
 * other without a change at Google.
 */
import * as pulumi from "@pulumi/pulumi";
import type { DefaultSmimeCertificateArgs } from "./defaultSmimeCertificate";
import type { SmimeCertificateArgs } from "./smimeCertificate";

const TYPE = "google-workspace-mail:index:SmimeIdentity";

/** One certificate: where its key comes from, and what is otherwise than for all. */
export type SmimeIdentityCertificate = Omit<SmimeCertificateArgs, "userId" | "sendAsEmail">;

export interface SmimeIdentityArgs<N extends string = string>
  extends
    Pick<SmimeCertificateArgs, "userId" | "sendAsEmail" | "onDelete">,
    Pick<DefaultSmimeCertificateArgs, "choose" | "renewBeforeDays" | "expiryPolicy"> {
  /** By a name that never changes, such as a year. A line added is an upload; a line removed deletes that key. */
  readonly certificates: Readonly<Record<N, SmimeIdentityCertificate>>;
}

interface Certificate extends pulumi.CustomResource {
  readonly certificateId: pulumi.Output<string>;
  readonly fingerprint: pulumi.Output<string>;
  readonly notBefore: pulumi.Output<string>;
  readonly expiration: pulumi.Output<string>;
}

interface Default extends pulumi.CustomResource {
  readonly certificateId: pulumi.Output<string | undefined>;
}

/** The classes of one adapter. */
interface Classes<C, D> {
  readonly SmimeCertificate: new (name: string, args: SmimeCertificateArgs, options: pulumi.ResourceOptions) => C;
  readonly DefaultSmimeCertificate: new (
    name: string,
    args: DefaultSmimeCertificateArgs,
    options: pulumi.ResourceOptions,
  ) => D;
}

export class Identity<N extends string, C extends Certificate, D extends Default> extends pulumi.ComponentResource {
  /** By their names. The logical name of each is the identity's, a hyphen and its own. */
  readonly certificates: Readonly<Record<N, C>>;
  /** Which of them the address signs with. Its logical name is the identity's. */
  readonly default: D;
  /** Google's id of the certificate that the address signs with. */
  readonly defaultCertificateId: pulumi.Output<string | undefined>;
  /** The name of that certificate; undefined where it is none of these. */
  readonly defaultName: pulumi.Output<N | undefined>;
  /** When that certificate expires, RFC 3339; undefined where it is none of these. */
  readonly expiration: pulumi.Output<string | undefined>;

  protected constructor(
    classes: Classes<C, D>,
    name: string,
    args: SmimeIdentityArgs<N>,
    options: pulumi.ComponentResourceOptions,
  ) {
    super(TYPE, name, {}, options); // no arguments of its own in the state: they would be the keys
    // in one order, whatever the program's: of two that expire at once the same one is the default
    const names = (Object.keys(args.certificates) as N[]).sort();
    const made = names.map((each) => [each, this.#certificate(classes, name, each, args)] as const);
    this.certificates = Object.fromEntries(made) as Record<N, C>;
    this.default = this.#default(
      classes,
      name,
      made.map(([, certificate]) => certificate),
      args,
    );
    this.defaultCertificateId = this.default.certificateId;
    const known = pulumi.all(
      made.map(([each, { certificateId, expiration }]) =>
        pulumi.all([certificateId, expiration]).apply(([id, expires]) => ({ name: each, id, expires })),
      ),
    );
    const signing = pulumi
      .all([known, this.defaultCertificateId])
      .apply(([all, id]) => (all as { name: N; id: string; expires: string }[]).find((each) => each.id === id));
    this.defaultName = signing.apply((found) => found?.name);
    this.expiration = signing.apply((found) => found?.expires);
    this.registerOutputs(this.#outputs(args));
  }

  #certificate(classes: Classes<C, D>, name: string, each: N, args: SmimeIdentityArgs<N>): C {
    const { userId, sendAsEmail, onDelete, renewBeforeDays } = args;
    const forAll = {
      ...(onDelete !== undefined && { onDelete }),
      ...(renewBeforeDays !== undefined && { renewBeforeDays }),
      // older ones stay for old mail, and may expire: that the address has one to sign with is said by its default
      expiryPolicy: "ignore" as const,
    };
    const address = { userId, ...(sendAsEmail !== undefined && { sendAsEmail }) };
    const own = { ...forAll, ...args.certificates[each], ...address };
    return new classes.SmimeCertificate(`${name}-${each}`, own, { parent: this });
  }

  #default(classes: Classes<C, D>, name: string, certificates: readonly C[], args: SmimeIdentityArgs<N>): D {
    const { userId, sendAsEmail, onDelete, choose = "furthestExpiry", renewBeforeDays, expiryPolicy } = args;
    const candidates = certificates.map(({ id, expiration, notBefore }) => ({
      certificateId: id,
      expiration,
      notBefore,
    }));
    const own = {
      userId,
      ...(sendAsEmail !== undefined && { sendAsEmail }),
      choose,
      candidates,
      ...(renewBeforeDays !== undefined && { renewBeforeDays }),
      ...(expiryPolicy !== undefined && { expiryPolicy }),
      // who leaves all certificates there leaves the address signing as it does
      ...(onDelete !== undefined && { onDelete: pulumi.output(onDelete).apply(ofDefault) }),
    };
    return new classes.DefaultSmimeCertificate(name, own, { parent: this });
  }

  #outputs({ userId, sendAsEmail = userId }: SmimeIdentityArgs<N>): pulumi.Inputs {
    const shown = Object.entries<C>(this.certificates).map(([each, certificate]) => {
      const { certificateId, fingerprint, expiration } = certificate;
      return [each, { certificateId, fingerprint, expiration }] as const;
    });
    const { defaultCertificateId, defaultName, expiration } = this;
    const certificates = Object.fromEntries(shown);
    return { userId, sendAsEmail, certificates, defaultCertificateId, defaultName, expiration };
  }
}

const ofDefault = (onDelete: string | undefined): "retain" | "restore" =>
  onDelete === "retain" ? "retain" : "restore";
