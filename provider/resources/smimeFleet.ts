/**
 * S/MIME certificates for a whole list of mailboxes, as one resource: a row of a CSV is a certificate, and each address signs
 * with the one of its rows that expires last.
 *
 * ```ts
 * new SmimeFleet("domain", { ...readFleet("mailboxes.csv") });
 * ```
 *
 * The rows travel as one text with a line each, so that a review shows lines added and removed. A row whose file changes gets
 * the new certificate as well, and the earlier one stays so that old mail can be read; only a removed row deletes.
 */
import { UNKNOWN, type Draft, type Field, type Foreseen, type Inputs, type State } from "../fields";
import { checkRows } from "../fleet/checkRows";
import { parseLeaves } from "../fleet/leaves";
import { formatHeld, parseHeld } from "../fleet/held";
import { mailboxesOf, type Mailbox, type Wanted } from "../fleet/mailboxes";
import { readMailbox } from "../fleet/readMailbox";
import { describeRow, parseRows, rowKey } from "../fleet/rows";
import { RowSource } from "../fleet/rowSource";
import { Run } from "../fleet/run";
import { lostBy, remove, settle, workOf, type Orders } from "../fleet/settle";
import { counted, several } from "../fleet/told";
import type { Checked, Claim, Found, Kept, Resource } from "../lifecycle";
import { MailKeyError, PartlyDone } from "../mailKeyError";
import { addressClaim, certificateClaim, defaultClaim, endpointField, rowsClaim } from "./address";
import type { Services } from "./services";
import { smimeCertificate } from "./smimeCertificate";

const { renewBeforeDays, expiryPolicy, onDelete } = smimeCertificate.fields;

const fields = {
  rows: {
    type: "string",
    input: "required",
    mayBeEmpty: true,
    ownDiff: true,
    shownBy: "certificates",
    description: "The rows, as readFleet returns them: a line a certificate.",
  },
  csv: {
    type: "string",
    input: "optional",
    description: "The CSV that the rows are from: their paths begin in its folder. Default: the project's folder.",
  },
  passwords: {
    type: "string",
    input: "optional",
    secret: true,
    description:
      "Passwords that stand in the CSV itself, as readFleet returns them. None where rows use env: or files.",
  },
  choose: {
    type: "string",
    input: "optional",
    values: ["furthestExpiry", "none"],
    description:
      "What an address signs with: the unexpired one of its rows that expires last, or none to leave defaults alone. Default: furthestExpiry.",
  },
  previous: {
    type: "string",
    input: "optional",
    values: ["keep", "delete"],
    description: "What becomes of the certificate of the file that a row had before. Default: keep, to read old mail.",
  },
  maxDeletes: {
    type: "number",
    input: "optional",
    minimum: 0,
    maximum: 1_000_000,
    description: "The most rows that one update may remove, with their keys. Default: 0.",
  },
  onDelete,
  renewBeforeDays,
  expiryPolicy,
  leaves: {
    type: "string",
    input: "checked",
    description: "Of each row's file, in the rows' order: SHA-256 of the leaf and end of validity.",
  },
  certificates: {
    type: "string",
    output: true,
    always: true,
    description:
      "What is at Google, a line a certificate: user, sendAs, name, Google's id, SHA-256 of the leaf, end of validity, marks.",
  },
  previousDefaults: {
    type: "string",
    output: true,
    description: "Defaults that addresses had before the fleet's, a line an address: user, sendAs, Google's id.",
  },
  failed: {
    type: "string",
    output: true,
    description: "Rows that the last update could not finish, and why, a line a row. The next update tries them again.",
  },
  unmanaged: {
    type: "string",
    output: true,
    description:
      "Other certificates on these addresses, which are left alone: user, sendAs, Google's id, SHA-256, end of validity.",
  },
  endpoint: endpointField,
} as const satisfies Record<string, Field>;
type F = typeof fields;

export const smimeFleet: Resource<F, Services> = {
  token: "SmimeFleet",
  description: "S/MIME certificates, with their private keys, for a whole list of Gmail mailboxes.",
  fields,
  endpoint: (services) => services.sendAs.endpoint,
  claims,
  check,
  diff,
  foresee,
  create,
  read,
  update,
  delete: removeAll,
};

/** The same claims as those of single resources, so that rows and single resources can take over from each other. */
function claims(properties: Draft<F> | State<F>): Claim[] {
  if ("certificates" in properties)
    return parseHeld(properties).placed.flatMap((one) => claimsOf(one, one.isChosen, one.certificateId));
  const choosing = (properties as Draft<F>).choose !== "none";
  const wanted = wantedOf(properties) ?? [];
  return [...wanted.flatMap((row) => claimsOf(row, choosing)), ...rowsClaims(wanted, choosing)];
}

/** Two fleets with different rows of one address would undo each other's default for ever. */
function rowsClaims(wanted: readonly Wanted[], choosing: boolean): Claim[] {
  const none = { placed: [], previousDefaults: [], unmanaged: [] };
  return mailboxesOf(wanted, none).map(({ address, wanted: rows }) => {
    const fingerprints = rows.map(({ fingerprint }) => fingerprint).sort();
    return { ...rowsClaim(address), ...(choosing && { wanted: fingerprints.join(" ") }) };
  });
}

function claimsOf(
  { user, sendAs, fingerprint }: Pick<Wanted, "user" | "sendAs" | "fingerprint">,
  withDefault: boolean,
  copy?: string,
): Claim[] {
  const address = { userId: user, sendAsEmail: sendAs };
  const certificate = certificateClaim(address, fingerprint, copy);
  return [certificate, addressClaim(address), ...(withDefault ? [defaultClaim(address)] : [])];
}

/** Undefined while rows or their files are not known, all of them: a row that is left out would be one to delete. */
function wantedOf({ rows: text, leaves }: Draft<F>): Wanted[] | undefined {
  if (typeof text !== "string" || typeof leaves !== "string") return undefined;
  const facts = parseLeaves(leaves);
  const { rows, broken } = parseRows(text);
  const wanted = rows.flatMap((row, index) => (facts[index] ? [{ ...row, ...facts[index] }] : []));
  return broken.length === 0 && wanted.length === rows.length && facts.length === rows.length ? wanted : undefined;
}

async function check(inputs: Draft<F>, olds: Draft<F>, services: Services): Promise<Checked> {
  const { leaves, failures, warnings } = await checkRows(inputs, olds, services);
  return { computed: { leaves }, failures, warnings: warnings.map((warning) => `SmimeFleet: ${warning}`) };
}

/** Decided from inputs, state and the clock, never by a request. The rows are named, since a line of drift is in no input. */
function diff(state: State<F>, inputs: Draft<F>, services: Services): readonly string[] {
  const wanted = wantedOf(inputs);
  if (!wanted) return ["rows"];
  const orders = ordersOf(inputs);
  const mailboxes = mailboxesOf(wanted, parseHeld(state));
  const work = mailboxes.flatMap((mailbox) => workOf(mailbox, orders, services));
  for (const each of several(work)) services.log("info", `SmimeFleet: ${each}.`);
  const refusal = tooManyLost(mailboxes, inputs, services);
  if (refusal !== undefined) services.log("warning", refusal);
  return work.length > 0 || state.failed !== undefined ? ["rows"] : [];
}

const ordersOf = ({ choose, previous, onDelete }: Draft<F>): Omit<Orders, "load"> => ({
  choose: choose === "none" ? "none" : "furthestExpiry",
  previous: previous === "delete" ? "delete" : "keep",
  onDelete: onDelete === UNKNOWN ? undefined : onDelete,
});

function foresee(state: State<F>, inputs: Draft<F>): Promise<Foreseen<F>> {
  return Promise.resolve(wantedOf(inputs)?.length === 0 && state.certificates === "" ? { certificates: "" } : {});
}

/** What Check cannot see, for it knows no state: keys that rows of a half-failed update left behind. */
function tooManyLost(mailboxes: readonly Mailbox[], inputs: Draft<F>, services: Services): string | undefined {
  const { maxDeletes = 0 } = inputs;
  const lost = mailboxes.flatMap((mailbox) => lostBy(mailbox, ordersOf(inputs), services));
  const rows = new Set(lost.map(rowKey)).size;
  if (maxDeletes === UNKNOWN || rows <= maxDeletes) return undefined;
  const names = several([...new Set(lost.map(describeRow))]).join("; ");
  const [most, keys] = [String(maxDeletes), `${counted(lost.length, "key")} of ${counted(rows, "row")}`];
  return `SmimeFleet: ${keys} would be deleted in Gmail, and maxDeletes is ${most}: ${names}. Mail encrypted to those could no longer be read there. Put the rows back under their names, or set maxDeletes to ${String(rows)} for this update.`;
}

const ID = "smimeFleet";

async function create(inputs: Inputs<F>, services: Services): Promise<Kept<F>> {
  return { id: ID, state: await update(ID, {}, inputs, services) };
}

async function update(id: string, state: State<F>, inputs: Inputs<F>, services: Services): Promise<State<F>> {
  const wanted = wantedOf(inputs);
  if (!wanted) throw new MailKeyError("SmimeFleet: the rows' files were not looked at. Run pulumi up again.");
  const source = new RowSource(inputs.csv, inputs.passwords, services);
  const orders = { ...ordersOf(inputs), load: (row: Wanted) => source.load(row) };
  const mailboxes = mailboxesOf(wanted, parseHeld(state));
  const refusal = tooManyLost(mailboxes, inputs, services);
  if (refusal !== undefined) throw new MailKeyError(`${refusal} Nothing was changed.`);
  const busy = mailboxes.filter((mailbox) => workOf(mailbox, orders, services).length > 0);
  const run = await new Run(mailboxes, services).each(busy, (mailbox, quiet) => settle(mailbox, orders, quiet));
  run.tell();
  const { onDelete } = inputs;
  const after = stateOf(run, { ...(onDelete !== undefined && { onDelete }) }, services);
  const error = run.errorSaying("Run pulumi up again, which does only what is left.");
  if (error) throw new PartlyDone(error, id, after);
  return after;
}

const stateOf = ({ held, failures }: Run, { onDelete }: State<F>, services: Services): State<F> => ({
  ...(onDelete !== undefined && { onDelete }),
  ...formatHeld(held),
  ...(failures !== "" && { failed: failures }),
  endpoint: services.sendAs.endpoint,
});

/** A mailbox that cannot be read stays as it was, so that one suspended user hides no drift of the others. */
async function read(id: string, state: State<F>, services: Services): Promise<Found<F> | undefined> {
  if (state.certificates === undefined)
    throw new MailKeyError(
      "A SmimeFleet cannot be imported. Declare its rows instead: what is on the addresses already is adopted, not uploaded.",
    );
  const mailboxes = mailboxesOf([], parseHeld(state));
  const run = await new Run(mailboxes, services).each(mailboxes, async (mailbox, quiet) => ({
    mailbox: await readMailbox(mailbox, quiet),
    failed: [],
  }));
  const error = run.errorSaying("Nothing was changed. Run the same command again.");
  if (error && (run.interrupted || run.isInVain)) throw error;
  for (const reason of several(run.reasons)) services.log("warning", `SmimeFleet: not read, so as it was: ${reason}`);
  const { onDelete, failed, endpoint } = state;
  return {
    id,
    state: {
      ...(onDelete !== undefined && { onDelete }),
      ...formatHeld(run.held),
      ...(failed !== undefined && { failed }),
      ...(endpoint !== undefined && { endpoint }),
    },
  };
}

/** What was adopted is left, as SmimeCertificate's rules say. One that fails holds up no other. */
async function removeAll(_id: string, state: State<F>, services: Services): Promise<void> {
  const mailboxes = mailboxesOf([], parseHeld(state));
  const { onDelete } = state;
  const run = await new Run(mailboxes, services).each(mailboxes, (mailbox, quiet) =>
    remove(mailbox, mailbox.placed, { onDelete }, quiet),
  );
  run.tell();
  const error = run.errorSaying("Run the same command again.");
  if (error) throw error;
}
