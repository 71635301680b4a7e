import { expect, test } from 'vitest';
import { isBlank, orderOf, refusalsOf } from './form';
import { texts } from './texts';

const SESSION = { username: 'testuser', iban: 'NL40OPEN0360610869', token: '1'.repeat(20) };
const FILLED = { amount: '12,34', to: ' nl66 open 0000 0000 00 ', descr: ' foo ' };

test('what is filled in becomes an order in cents, to an IBAN without spaces', () => {
  expect(orderOf(FILLED, SESSION)).toEqual({
    kind: 'transfer',
    token: SESSION.token,
    amount: 1234,
    from: SESSION.iban,
    to: 'NL66OPEN0000000000',
    descr: 'foo',
  });
});

test.each([
  [{ ...FILLED, amount: '' }, 'amount'],
  [{ ...FILLED, amount: 'x' }, 'amount'],
  [{ ...FILLED, amount: '0' }, 'amount'],
  [{ ...FILLED, amount: '2147483648' }, 'amount'],
  [{ ...FILLED, to: ' ' }, 'to'],
  [{ ...FILLED, to: 'NL67OPEN0000000000' }, 'to'],
])('%j is no order, and is refused beside %s', (filled, field) => {
  expect(orderOf(filled, SESSION)).toBeNull();
  expect(refusalsOf(filled, texts.current).map((refusal) => refusal.field)).toEqual([field]);
});

test.each(['Albert Heijn BV', 'cash', 'NL91ABNA0417164300'])('%s is a valid other side', (to) => {
  expect(refusalsOf({ ...FILLED, to }, texts.current)).toEqual([]);
  expect(orderOf({ ...FILLED, to }, SESSION)?.to).toBe(to);
});

test('everything that is wrong is told at once', () => {
  const refusals = refusalsOf({ amount: '', to: '', descr: '' }, texts.current);
  expect(refusals.map(({ field }) => field)).toEqual(['amount', 'to']);
  expect(isBlank({ amount: '', to: '', descr: '' })).toBe(true);
  expect(isBlank(FILLED)).toBe(false);
});
