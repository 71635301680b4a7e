import { expect, test } from 'vitest';
import { formatCount, formatDay, formatDurations, formatRate, formatTime } from './numbers';

test.each([
  [null, '–/s'],
  [0, '0/s'],
  [0.4, '0.4/s'],
  [5, '5.0/s'],
  [9.94, '9.9/s'],
  [9.96, '10/s'],
  [1234.4, '1,234/s'],
])('a rate of %s is %s', (perSecond, text) => {
  expect(formatRate(perSecond, 'en')).toBe(text);
});

test('Dutch has its own point and comma', () => {
  expect(formatRate(4.96, 'nl')).toBe('5,0/s');
  expect(formatCount(1234567, 'nl')).toBe('1.234.567');
  expect(formatCount(null, 'nl')).toBe('–');
});

test.each([
  [0, 0, '0 ms'],
  [420, 420, '0.42 ms'],
  [7, 7, '0.007 ms'],
  [1234, 1234, '1.23 ms'],
  [200, 1200, '0.2–1.2 ms'],
  [0, 1000, '0–1 ms'],
  [123_456, 124_456, '123–124 ms'],
  [12_345_678, 12_345_678, '12.3 s'],
  [9_999_500, 10_000_500, '10–10 s'],
  [-3000, -3000, '-3 ms'],
])('%i to %i microseconds are %s', (least, most, text) => {
  expect(formatDurations(least, most, 'en')).toBe(text);
});

test('a time has the digits of its clock, also those that a Date does not hold', () => {
  const local = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
  const time = local.format(new Date('2026-11-22T06:40:01Z'));
  expect(formatTime('2026-11-22T06:40:01.123456Z', 6, 'en')).toBe(`${time}.123456`);
  expect(formatTime('2026-11-22T06:40:01.5Z', 3, 'en')).toBe(`${time}.500`);
});

test('a day is told where it is not today', () => {
  const today = new Date('2026-11-22T12:00:00');
  expect(formatDay('2026-11-22T11:00:00', 'en', today)).toBeNull();
  expect(formatDay('2026-11-20T11:00:00', 'en', today)).toBe('20 Nov 2026');
});
