import { expect, test } from 'vitest';
import { refusedHere, refusedThere } from './login';
import { texts } from './texts';

test.each([
  ['testuser', 'password', null],
  ['short', 'password', 'username'],
  ['testuser', 'short', 'password'],
  ['', '', 'username'],
])('%j with %j is refused at %s', (username, password, field) => {
  expect(refusedHere(username, password, texts.current)?.field ?? null).toBe(field);
});

test.each([
  ['incorrect password', 'password'],
  ['too many attempts, try again later', 'form'],
  ['username and password must not be empty or too long', 'form'],
  ['pending, log in again', 'form'],
  ['generated iban already exists, try again', 'form'],
  ['the bank cannot look up users now, log in again later', 'form'],
  ['the bank is busy, log in again later', 'form'],
])('%j is told at %s in other words', (reason, field) => {
  const refusal = refusedThere({ iban: null, token: null, reason }, texts.current);
  expect(refusal.field).toBe(field);
  expect(refusal.text).not.toContain(reason);
});
