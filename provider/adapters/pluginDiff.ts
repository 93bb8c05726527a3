/** What differs, by property, as the engine shows it in a preview. */
import type { Fields, Values } from "../fields";
import type { DiffResult } from "../lifecycle";
import { messages } from "./pluginProtocol";

const { DiffResponse, PropertyDiff } = messages;
const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = PropertyDiff.Kind;

interface Compared {
  readonly fields: Fields;
  readonly state: Values;
  readonly olds: Values;
  readonly news: Values;
  /** The resource option ignoreChanges. Of a path into a property the engine has put the old value back already. */
  readonly ignored: readonly string[];
}

export function diffResponse({ changed, replaces }: DiffResult, compared: Compared): messages.DiffResponse {
  const isIgnored = (name: string): boolean => compared.ignored.includes(name) || compared.ignored.includes("*");
  const shown = changed.filter((name) => !isIgnored(name));
  const replacing = replaces.filter((name) => !isIgnored(name));
  const { DIFF_SOME, DIFF_NONE } = DiffResponse.DiffChanges;
  const response = new DiffResponse().setChanges(shown.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setDiffsList(shown).setReplacesList(replacing).setHasdetaileddiff(true);
  for (const name of shown) {
    const shownBy = shownInstead(name, compared);
    const difference = shownBy === undefined ? propertyDiff(name, replacing.includes(name), compared) : drift();
    response.getDetaileddiffMap().set(shownBy ?? name, difference);
  }
  return response;
}

/** Drift is in no input: for one that is the same, the engine would show some part of its text. */
function shownInstead(name: string, { fields, olds, news }: Compared): string | undefined {
  const isSame = JSON.stringify(olds[name]) === JSON.stringify(news[name]);
  return isSame ? fields[name]?.shownBy : undefined;
}

const drift = (): messages.PropertyDiff => new PropertyDiff().setKind(UPDATE);

/** What is an output too is compared as it is now (drift shows), everything else as it was written. */
function propertyDiff(name: string, replaces: boolean, { fields, state, olds, news }: Compared): messages.PropertyDiff {
  const isOutput = fields[name]?.output === true;
  const old = isOutput ? state[name] : olds[name];
  const update = replaces ? UPDATE_REPLACE : UPDATE;
  const remove = replaces ? DELETE_REPLACE : DELETE;
  const kind = old === undefined ? (replaces ? ADD_REPLACE : ADD) : news[name] === undefined ? remove : update;
  return new PropertyDiff().setKind(kind).setInputdiff(!isOutput);
}
