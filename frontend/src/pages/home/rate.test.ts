import { expect, test } from 'vitest';
import { linePath, Rate } from './rate';

test('a count per second, the newest last, for so many seconds', () => {
  const rate = new Rate(3);
  rate.tick(100);
  expect(rate.counts).toEqual([0, 0, 0]);
  for (const total of [101, 103, 103, 110]) rate.tick(total);
  expect(rate.counts).toEqual([2, 0, 7]);
});

test('it begins with what happened before', () => {
  const momentsMs = [10_000, 9_500, 8_200, 7_900, 6_000, 2_000, NaN];
  expect(new Rate(4, momentsMs, 10_000).counts).toEqual([0, 1, 1, 2]);
});

test('a line goes through the counts, the most at the top', () => {
  expect(linePath([0, 4, 2], 100, 40)).toBe('M0.0 40.0L50.0 0.0L100.0 20.0');
  expect(linePath([], 100, 40)).toBe('');
});
