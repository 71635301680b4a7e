import { expect, test } from 'vitest';
import { en } from '../i18n/en';
import { nl } from '../i18n/nl';
import { pendingText, refusalOf } from './refusal';

// Word for word what the contract and the endpoint say.
test.each([
  ['invalid amount', 'amount'],
  ['from is invalid', 'form'],
  ["from and to can't be same for transfer", 'to'],
  ['invalid token', 'form'],
  ['insufficient funds', 'amount'],
  ['both to and from not known at this bank', 'to'],
  ['invalid uuid', 'form'],
  ['id was used for another command', 'form'],
])('%j is told beside %s, in words of each language', (reason, field) => {
  const english = refusalOf(reason, en);
  const dutch = refusalOf(reason, nl);
  expect([english.field, dutch.field]).toEqual([field, field]);
  expect(new Set([english.text, dutch.text, reason]).size).toBe(3);
  expect(english.text).not.toContain(reason);
});

test.each(['something new', 'toString', ''])(
  'an unknown reason %j is told as it came',
  (reason) => {
    expect(refusalOf(reason, en)).toEqual({ field: 'form', text: `The bank refused: ${reason}` });
  },
);

test.each([
  'pending, ask again with the same uuid',
  'the bank cannot keep requests now, ask again with the same uuid',
  'the bank is busy, ask again with the same uuid',
])('while %j, the reader is told that money moves once at most', (reason) => {
  expect(pendingText(reason, en)).toContain('once at most');
  expect(pendingText(reason, en)).not.toBe(en.noAnswerYet);
  expect(pendingText(reason, nl)).toContain('hoogstens één keer');
});

test('no answer at all has words too', () => {
  expect(pendingText('', en)).toBe(en.noAnswerYet);
});
