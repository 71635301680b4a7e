/** Cursors of the pages before this one, oldest first; null is the first page. Kept with the entry of the history. */
export type Behind = readonly (string | null)[];

/** How many pages back are remembered. */
const BEHIND_MAX = 1_000;

/** What was kept with an entry of the history; nothing where it is not of these pages. */
export function behindOf(state: unknown): Behind {
  if (typeof state !== 'object' || state === null || !('behind' in state)) return [];
  const { behind } = state;
  if (!Array.isArray(behind)) return [];
  return behind.filter((cursor) => cursor === null || typeof cursor === 'string');
}

/** One page on. */
export function furtherFrom(behind: Behind, after: string | null): { behind: Behind } {
  return { behind: [...behind, after].slice(-BEHIND_MAX) };
}

/** The address of a page of accounts. */
export function addressOf(search: string, after: string | null): string {
  const query = new URLSearchParams();
  if (search !== '') query.set('search', search);
  if (after !== null) query.set('after', after);
  const text = query.toString();
  return text === '' ? '/bank-employee' : `/bank-employee?${text}`;
}
