import { expect, test } from 'vitest';
import { formatCents } from './format';

test.each([
  [0n, '€0,00'],
  [5n, '€0,05'],
  [1000n, '€10,00'],
  [123_456n, '€1.234,56'],
  [-50_000n, '€-500,00'],
  ['100000000000000000', '€1.000.000.000.000.000,00'],
  ['9223372036854775807', '€92.233.720.368.547.758,07'],
])('%s cents are %s', (cents, text) => {
  expect(formatCents(cents)).toBe(text);
});
