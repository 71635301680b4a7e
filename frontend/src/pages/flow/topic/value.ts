/** A field of a record, as text. */
export interface Field {
  readonly name: string;
  readonly text: string;
  readonly kind: 'text' | 'number' | 'other';
}

/** Strings, and numbers outside them, of JSON. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Before the text of a number; texts of records are told from it by their quotes. */
const NUMBER = '\u0000';

/**
 * The fields of a record's JSON, in its order; numbers digit by digit, as a balance may be beyond what a JavaScript number
 * holds. Null where the text is no JSON object.
 */
export function fieldsOf(json: string): Field[] | null {
  try {
    const exact = json.replaceAll(TOKENS, (token) =>
      token.startsWith('"') ? token : JSON.stringify(NUMBER + token),
    );
    const value: unknown = JSON.parse(exact);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.entries(value).map(([name, field]) => fieldOf(name, field));
  } catch {
    return null;
  }
}

function fieldOf(name: string, value: unknown): Field {
  if (typeof value !== 'string') {
    const text = JSON.stringify(value, null, 2).replaceAll(/"\\u0000([^"]*)"/g, '$1');
    return { name, text, kind: 'other' };
  }
  if (!value.startsWith(NUMBER)) return { name, text: value, kind: 'text' };
  return { name, text: value.slice(NUMBER.length), kind: 'number' };
}

/** Fields of the bank's records that are amounts in cents. */
const CENTS: ReadonlySet<string> = new Set(['amount', 'new_balance', 'changed_by']);

/** Whether a field is an amount in cents. */
export function isCents({ name, kind, text }: Field): boolean {
  return kind === 'number' && CENTS.has(name) && /^-?\d+$/.test(text);
}
