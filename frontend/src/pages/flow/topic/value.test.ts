import { expect, test } from 'vitest';
import { fieldsOf, isCents } from './value';

test.each([
  [
    '{"iban":"NL66OPEN0000000000","new_balance":100000000000000001,"changed_by":-5}',
    [
      'text iban NL66OPEN0000000000',
      'number new_balance 100000000000000001',
      'number changed_by -5',
    ],
  ],
  ['{"descr":"a \\"1\\": 2, \\u20ac","beat":0}', ['text descr a "1": 2, €', 'number beat 0']],
  [
    '{"a":null,"b":[1,"x"],"c":true}',
    ['other a null', 'other b [\n  1,\n  "x"\n]', 'other c true'],
  ],
  ['{}', []],
  ['[1]', null],
  ['"text"', null],
  ['{"cut":', null],
])('%s has these fields', (json, fields) => {
  const found = fieldsOf(json)?.map(({ kind, name, text }) => `${kind} ${name} ${text}`) ?? null;
  expect(found).toEqual(fields);
});

test.each([
  ['{"amount":1}', true],
  ['{"changed_by":-1}', true],
  ['{"beat":1}', false],
  ['{"amount":"1"}', false],
  ['{"amount":1.5}', false],
])('%s is an amount in cents: %s', (json, is) => {
  expect(fieldsOf(json)?.map(isCents)).toEqual([is]);
});
