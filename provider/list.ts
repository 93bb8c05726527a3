/**
 * Listing: what is at Google already, so that it can be imported. What a listing is, and how any resource is listed; the
 * counterpart of invoke.ts.
 */
import { hideValue, pick, questionFailures, type Args, type Failure, type Fields, type Values } from "./fields";

/** One object that a resource could adopt. */
export interface Listed {
  /** As import takes it. */
  readonly id: string;
  /** What a person recognises it by; no two of one mailbox have the same. */
  readonly name: string;
}

/** `C` is what it needs from outside. */
export interface Listing<Q extends Fields, C> {
  /** Rows of the query, which a person or a program writes. */
  readonly fields: Q;
  /** What is wrong with a well-shaped query, found without a request. */
  check?(query: Args<Q>, context: C): readonly Failure[];
  /** Throws MailKeyError where there is no answer. */
  find(query: Args<Q>, context: C): Promise<readonly Listed[]>;
}

/** Either failures or items; there are no items where there are failures. */
export interface ListResult {
  readonly items: readonly Listed[];
  readonly failures: readonly Failure[];
}

/** At most `limit` items; all where it is less than one. */
export async function list<C>(
  { token, list: listing }: { readonly token: string; readonly list?: Listing<Fields, C> },
  query: Values,
  limit: number,
  context: C,
): Promise<ListResult> {
  if (!listing)
    return {
      items: [],
      failures: [{ field: "", reason: `${token} cannot be listed: Google does not say what is there.` }],
    };
  const misshapen = questionFailures(listing.fields, query, "query");
  if (misshapen.length > 0) return { items: [], failures: misshapen };
  const asked = pick(listing.fields, query, () => true);
  const failures = listing.check?.(asked, context).map((failure) => hideValue(listing.fields, failure)) ?? [];
  if (failures.length > 0) return { items: [], failures };
  const items = await listing.find(asked, context);
  return { items: limit < 1 ? items : items.slice(0, limit), failures };
}
