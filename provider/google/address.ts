/** A mailbox and one of its addresses. `userId` may be `me` with a user's own token. */
export interface Address {
  readonly userId: string;
  readonly sendAsEmail: string;
}
