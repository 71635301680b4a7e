import { expect, test } from 'vitest';
import { match } from './match';

test.each([
  ['/', 'home', {}],
  ['/bank-employee', 'bank-employee', {}],
  ['/bank-employee/', 'bank-employee', {}],
  ['/bank-employee/NL66OPEN0000000000', 'account', { iban: 'NL66OPEN0000000000' }],
  ['/bank-employee/a%20b', 'account', { iban: 'a b' }],
  ['/bank-employee/%', 'not-found', {}],
  ['/bank-employee/a/b', 'not-found', {}],
  ['/client', 'client', {}],
  ['/background', 'background', {}],
  ['/flow', 'flow', {}],
  ['/flow/topic/balance_changed', 'flow', { topic: 'balance_changed' }],
  ['/flow/transfer/17', 'flow', { transfer: '17' }],
  ['/flow/other/17', 'not-found', {}],
  ['/Client', 'not-found', {}],
])('%s is %s', (path, page, params) => {
  expect(match(path)).toEqual({ page, params });
});
