/** Without control characters but tabs and line ends: an id or an address may hold some, and a terminal would obey them. */
export const printable = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]+/g, " ");

/** The one error class that leaves the provider: a sentence to act on, redacted before it is built, no cause, no stack. */
export class MailKeyError extends Error {
  constructor(message: string) {
    super(printable(message));
    this.name = new.target.name;
    this.stack = ""; // the dynamic provider host prints the message and then the stack, which would tell it twice
  }

  /** Whether what failed may have been carried out all the same. */
  get mayBeDone(): boolean {
    return false;
  }

  /** Whom it concerns: the one mailbox, one that is no more, or all of them alike (no answer, a wrong credential). */
  get concerns(): "one" | "gone" | "all" {
    return "one";
  }
}

/** Failed half-way. The adapters keep `id` and `state`, so that the next up goes on from there instead of anew. */
export class PartlyDone extends MailKeyError {
  constructor(
    cause: MailKeyError,
    readonly id: string,
    readonly state: Readonly<Record<string, unknown>>,
  ) {
    super(cause.message);
  }
}

/**
 * Why a call stopped half-way: in the middle of a request, or between two tries of one whose answer was lost. It is about
 * that call alone: who waited for the same answer asks for it anew.
 */
export class Interrupted extends MailKeyError {
  constructor(why: string) {
    super(
      `${why} What was under way may have been carried out: run the same command again, which looks first at what is there.`,
    );
  }

  override get mayBeDone(): boolean {
    return true;
  }
}

/** For who waits for what another call asked: undefined where only that call was stopped. */
export function unlessInterrupted(error: unknown): undefined {
  if (!(error instanceof Interrupted)) throw error;
}

/** What may leave the provider of an error: only our own, for what a library or the language throws can quote a secret. */
export function ownError(error: unknown, doing: string): MailKeyError {
  if (error instanceof MailKeyError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new MailKeyError(
    `${doing} failed with an unexpected ${kind}. This is a defect of the provider: please report it.`,
  );
}
