/** What the resources are given from outside: the interfaces only, put together in config.ts. */
import type { EmailAudit } from "../google/emailAudit";
import type { Identity } from "../google/identity";
import type { SendAs } from "../google/sendAs";
import type { CertificateFacts } from "../keys/certificate";
import type { Context } from "../lifecycle";
import type { OpenedFiles } from "./openedFiles";

export interface Services extends Context {
  readonly sendAs: Pick<
    SendAs,
    "endpoint" | "addresses" | "list" | "seen" | "forget" | "get" | "find" | "insert" | "setDefault" | "delete"
  >;
  readonly emailAudit: Pick<EmailAudit, "endpoint" | "uploadPublicKey">;
  readonly identity: Pick<Identity, "of">;
  /** True where a service account acts for users by name, so that `me` means nobody. */
  readonly impersonates: () => boolean;
  readonly opened: OpenedFiles;
  /** Reads an Asset's file whole; longer than `limit` bytes is an error, and so is one that cannot be read. */
  readonly readFile: (path: string, limit: number) => Promise<Uint8Array>;
  /** A variable of the environment; undefined where it is not set. */
  readonly environment: (name: string) => string | undefined;
  /** Milliseconds that only ever grow. */
  readonly elapsed: () => number;
  /** Told of every certificate that Check has read in a key file; who previews with our commands is shown it. */
  readonly leafRead: (leaf: CertificateFacts) => void;
  /** Told while something takes long; shown while it matters and not kept. */
  readonly status: (line: string) => void;
}
