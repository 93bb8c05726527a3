/** The one error class that leaves the provider: a sentence to act on, redacted before it is built, no cause, no stack. */
export class MailKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
    this.stack = ""; // the dynamic provider host prints the message and then the stack, which would tell it twice
  }
}
