import { expect, test } from 'vitest';
import { dashesPerSecond, strokeWidth } from './moving';

test('nothing moves where nothing comes, or nobody knows', () => {
  expect(dashesPerSecond(0)).toBe(0);
  expect(dashesPerSecond(null)).toBe(0);
});

test('more a second is faster and thicker, within bounds', () => {
  const paces = [0, 0.5, 5, 50, 500, 5000];
  for (const rule of [dashesPerSecond, strokeWidth]) {
    const sizes = paces.map(rule);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBe(paces.length);
  }
  expect(strokeWidth(1e9)).toBeLessThan(6);
});
