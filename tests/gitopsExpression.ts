// GitHub's expressions, as far as our workflows use them: `a.b-c == 'text'`, `&&`, `||`, `!`, and cancelled(), which no run here is.
import assert from "node:assert/strict";

export type Context = Readonly<Record<string, unknown>>;

/** A text with its `${{ … }}` filled in. */
export function filled(text: string, context: Context): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => shown(valueOf(expression, context)));
}

/** A job's or step's `if`: without a function of its status it is for a run in which nothing has failed. */
export function holds(condition: string | undefined, context: Context, ok: boolean): boolean {
  if (condition === undefined) return ok;
  const asks = /\b(always|success|failure|cancelled)\(\)/.test(condition);
  return (asks || ok) && Boolean(valueOf(condition.replace(/^\$\{\{(.*)\}\}$/, "$1"), context));
}

const shown = (value: unknown): string =>
  ["string", "number", "boolean"].includes(typeof value) ? `${value as string}` : "";

const TOKEN = /\s*('(?:[^']|'')*'|==|!=|&&|\|\||!|\(|\)|[A-Za-z_][\w.-]*)/y;

function valueOf(expression: string, context: Context): unknown {
  const tokens = tokensOf(expression.trim());
  const value = either(tokens, context);
  assert.deepEqual(tokens, [], `cannot be understood: ${expression}`);
  return value;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [, token] = TOKEN.exec(text) ?? assert.fail(`cannot be understood: ${text.slice(at)}`);
    tokens.push(token ?? "");
  }
  return tokens;
}

function either(tokens: string[], context: Context): unknown {
  let value = both(tokens, context);
  while (tokens[0] === "||") {
    tokens.shift();
    const other = both(tokens, context);
    value = value || other;
  }
  return value;
}

function both(tokens: string[], context: Context): unknown {
  let value = equality(tokens, context);
  while (tokens[0] === "&&") {
    tokens.shift();
    const other = equality(tokens, context);
    value = value && other;
  }
  return value;
}

function equality(tokens: string[], context: Context): unknown {
  const left = single(tokens, context);
  const operator = tokens[0];
  if (operator !== "==" && operator !== "!=") return left;
  tokens.shift();
  const isSame = shown(left).toLowerCase() === shown(single(tokens, context)).toLowerCase();
  return isSame === (operator === "==");
}

function single(tokens: string[], context: Context): unknown {
  const token = tokens.shift() ?? assert.fail("the expression ends early");
  if (token === "!") return !single(tokens, context);
  if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
  if (tokens[0] === "(") {
    assert.deepEqual([token, ...tokens.splice(0, 2)], ["cancelled", "(", ")"]);
    return false;
  }
  return token.split(".").reduce<unknown>((value, name) => (value as Context | undefined)?.[name], context);
}
