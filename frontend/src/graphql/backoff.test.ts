import { expect, test } from 'vitest';
import { backoffMs } from './backoff';

test('each wait is twice the one before, up to a bound', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 500].map((tries) => backoffMs(tries, 0))).toEqual([
    250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
  ]);
});

test('chance takes off up to a half', () => {
  expect(backoffMs(2, 1)).toBe(500);
  expect(backoffMs(2, 0.5)).toBe(750);
});
