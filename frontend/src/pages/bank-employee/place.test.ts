import { expect, test } from 'vitest';
import { addressOf, behindOf, furtherFrom } from './place';

test('pages gone through are kept, the oldest first', () => {
  const second = furtherFrom([], null);
  const third = furtherFrom(second.behind, 'b');
  expect(behindOf(third)).toEqual([null, 'b']);
});

test.each([[null], [undefined], ['x'], [{}], [{ behind: 'x' }]])(
  '%j has no pages behind it',
  (state) => {
    expect(behindOf(state)).toEqual([]);
  },
);

test('what is no cursor is left out', () => {
  expect(behindOf({ behind: [null, 1, 'a', {}] })).toEqual([null, 'a']);
});

test('the pages that are remembered have a bound', () => {
  let behind: readonly (string | null)[] = [];
  for (let page = 0; page < 1200; page++) ({ behind } = furtherFrom(behind, String(page)));
  expect(behind).toHaveLength(1000);
  expect(behind.at(-1)).toBe('1199');
});

test.each([
  ['', null, '/bank-employee'],
  ['NL66', null, '/bank-employee?search=NL66'],
  ['nl 66', 'a=', '/bank-employee?search=nl+66&after=a%3D'],
])('search %j after %j is at %s', (search, after, address) => {
  expect(addressOf(search, after)).toBe(address);
});
