const FIRST_MS = 250;
const MOST_MS = 15_000;

/**
 * How long to wait before a try, in milliseconds: twice as long each time up to a bound, less up to a half by chance, so that
 * many pages do not come back at one moment.
 */
export function backoffMs(tries: number, chance: number = Math.random()): number {
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries, 16));
  return Math.round(whole * (1 - chance / 2));
}
