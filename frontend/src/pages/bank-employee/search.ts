const LONGEST = 18;

/** What the bank is asked for; null where it would refuse the search. */
export function searched(text: string): string | null {
  const compact = text.replaceAll(/\s/g, '').toUpperCase();
  return /^[A-Z0-9]*$/.test(compact) && compact.length <= LONGEST ? compact : null;
}
