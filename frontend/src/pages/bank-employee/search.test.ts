import { expect, test } from 'vitest';
import { searched } from './search';

test.each([
  ['', ''],
  ['  ', ''],
  ['nl66 open', 'NL66OPEN'],
  ['1234', '1234'],
  ['NL66OPEN0000000000', 'NL66OPEN0000000000'],
  ['NL66OPEN00000000000', null],
  ['%', null],
  ['é', null],
])('%j asks the bank for %j', (text, expected) => {
  expect(searched(text)).toBe(expected);
});
