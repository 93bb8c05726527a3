import { MailKeyError } from "../mailKeyError";

/** A mailbox and one of its addresses. `userId` may be `me` with a user's own token. */
export interface Address {
  readonly userId: string;
  readonly sendAsEmail: string;
}

/** The client encodes all but dots, and a URL takes those for a way up: `smimeInfo/..` is the address itself. */
export function checkPathPart(part: string): void {
  if (!/^\.{0,2}$/.test(part)) return;
  const name = JSON.stringify(part);
  throw new MailKeyError(`Gmail has nothing of the name ${name}. Nothing was sent. Next: check the resource's ids.`);
}
