import { expect, test } from 'vitest';
import { part } from '../testing';
import { flowTexts } from '../texts';
import { cut, lines, longStatus, shortStatus } from './words';

const t = flowTexts.current;

test.each([
  ['', 5, ['']],
  ['one two three', 7, ['one two', 'three']],
  ['one two three', 8, ['one two', 'three']],
  ['unbreakable x', 4, ['unbreakable', 'x']],
])('%s in lines of %i', (text, most, broken) => {
  expect(lines(text, most)).toEqual(broken);
});

test('a text that is cut says so', () => {
  expect(cut('12345', 5)).toBe('12345');
  expect(cut('123456', 5)).toBe('1234…');
});

test('of several instances it is told how many answer, and what they do', () => {
  const gone = part('command-handler', { up: false, ready: false, missing: ['no answer'] });
  const active = part('command-handler', { role: 'active' });
  const standby = part('command-handler', { role: 'standby' });
  const status = (...instances: (typeof gone)[]) => ({ level: 'up', instances }) as const;
  expect(shortStatus(status(active, standby), t)).toBe('active, standby');
  expect(shortStatus(status(active, gone), t)).toBe('1 of 2 answer');
  expect(longStatus(status(active, gone), t)).toBe('1 of 2 answer; lacks: no answer');
});
