import { expect, test } from 'vitest';
import { COMPANY_IBAN, grouped, hasWrongCheckDigits, normalised } from './iban';

test.each([
  ['nl66 open 0000 0000 00', COMPANY_IBAN],
  [' NL66OPEN0000000000 ', COMPANY_IBAN],
  [' Albert Heijn BV ', 'Albert Heijn BV'],
  ['cash', 'cash'],
])('%j is %j', (text, expected) => {
  expect(normalised(text)).toBe(expected);
});

test.each([
  [COMPANY_IBAN, false],
  ['NL67OPEN0000000000', true],
  ['NL66OPEN0000000001', true],
  ['NL91ABNA0417164300', false],
  ['DE89370400440532013000', false],
  ['DE88370400440532013000', true],
  ['cash', false],
  ['Albert Heijn BV', false],
])('check digits of %s are wrong: %s', (iban, wrong) => {
  expect(hasWrongCheckDigits(iban)).toBe(wrong);
});

test('an IBAN is shown in groups of four, a name as it is', () => {
  expect(grouped(COMPANY_IBAN)).toBe('NL66 OPEN 0000 0000 00');
  expect(grouped('Albert Heijn BV')).toBe('Albert Heijn BV');
});
