import { expect, test } from 'vitest';
import { parseAmount } from './parse';

test.each([
  // Digits alone are cents.
  ['1111', 1111n],
  ['1', 1n],
  ['00500', 500n],
  [' 2323 ', 2323n],
  ['2147483647', 2_147_483_647n],
  // Anything else is euros.
  ['12,34', 1234n],
  ['€ 12,34', 1234n],
  ['€12,34', 1234n],
  ['EUR 12,34', 1234n],
  ['€ 12', 1200n],
  ['12,5', 1250n],
  ['12,-', 1200n],
  ['€ 12,--', 1200n],
  ['0,01', 1n],
  ['1.234,56', 123_456n],
  ['1.234', 123_400n],
  ['€\u00a01.234.567,89', 123_456_789n],
  ['1 234,56', 123_456n],
  ['12.34', 1234n],
  ['1,234.56', 123_456n],
  ['21.474.836,47', 2_147_483_647n],
  // Where a float would be off by a cent.
  ['1,15', 115n],
  ['90.071,99', 9_007_199n],
])('%j is %s cents', (text, cents) => {
  expect(parseAmount(text)).toEqual({ cents });
});

test.each([
  ['', 'empty'],
  ['   ', 'empty'],
  ['0', 'not-positive'],
  ['0,00', 'not-positive'],
  ['-5', 'not-positive'],
  ['-€5,00', 'not-positive'],
  ['€-5,00', 'not-positive'],
  ['2147483648', 'too-large'],
  ['21.474.836,48', 'too-large'],
  ['9'.repeat(60), 'too-large'],
  ['abc', 'unclear'],
  ['12,345', 'unclear'],
  ['1,234', 'unclear'],
  ['12.3', 'unclear'],
  ['1.23,45', 'unclear'],
  ['12,34,56', 'unclear'],
  ['1e3', 'unclear'],
  ['€', 'unclear'],
  ['-', 'unclear'],
  ['٣', 'unclear'],
])('%j is refused: %s', (text, refusal) => {
  expect(parseAmount(text)).toEqual({ refusal });
});
