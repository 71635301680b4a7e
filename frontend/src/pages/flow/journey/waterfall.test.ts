import { expect, test } from 'vitest';
import { hop } from '../testing';
import { gapBetween, ticksUs, waterfall } from './waterfall';

const T = 1_795_330_800_000_000;
const MS = { resolution_us: 1000 };

test('each hop is behind the one that caused it, and not the one above it', () => {
  const hops = [
    hop('REQUESTED', T),
    hop('PRODUCED', T + 2_000),
    hop('DECIDED', T + 5_000),
    hop('PUBLISHED', T + 6_000),
    hop('PUBLISHED', T + 7_000, { account: 'A', transaction_id: 1 }),
    hop('PUBLISHED', T + 8_000, { account: 'B', transaction_id: 2 }),
    hop('PROJECTED', T + 10_000, { account: 'A', transaction_id: 1 }),
    hop('PROJECTED', T + 10_000, { account: 'B', transaction_id: 2 }),
    hop('DELIVERED', T + 10_100, { account: 'B', transaction_id: 2 }),
    hop('ANSWERED', T + 9_500),
  ];
  const { steps, spanUs, total } = waterfall(hops);
  expect(steps.map(({ gap }) => gap?.leastUs ?? null)).toEqual([
    null,
    2_000,
    3_000,
    1_000,
    2_000,
    3_000,
    3_000,
    2_000,
    100,
    3_500,
  ]);
  expect(steps.map(({ startUs }) => startUs)).toEqual(hops.map((one) => (one.at_us ?? 0) - T));
  expect(spanUs).toBe(10_100);
  expect(total).toEqual({ leastUs: 10_100, mostUs: 10_100 });
});

test('a hop whose time is not known has no place; what it caused is behind the one before it', () => {
  const { steps } = waterfall([hop('PRODUCED', T), hop('DECIDED', null), hop('PUBLISHED', T + 9)]);
  expect(steps[1]).toMatchObject({ startUs: null, gap: null });
  expect(steps[2]?.cause?.kind).toBe('PRODUCED');
  expect(steps[2]?.gap).toEqual({ leastUs: 9, mostUs: 9 });
});

test.each([
  ['exact to exact', hop('PRODUCED', T), hop('DECIDED', T + 700), 700, 700],
  ['whole milliseconds to exact', hop('PRODUCED', T, MS), hop('DECIDED', T + 3_400), 2_400, 3_400],
  [
    'exact to whole milliseconds',
    hop('DECIDED', T + 400),
    hop('PUBLISHED', T + 2_000, MS),
    1_600,
    2_600,
  ],
  ['within one millisecond', hop('DECIDED', T + 400), hop('PUBLISHED', T, MS), 0, 600],
  ['two of whole milliseconds', hop('PRODUCED', T, MS), hop('PUBLISHED', T, MS), 0, 1_000],
  ['clocks that differ', hop('REQUESTED', T + 5_000), hop('PRODUCED', T, MS), -5_000, -4_000],
])('from %s', (_, from, to, leastUs, mostUs) => {
  expect(gapBetween(from, to)).toEqual({ leastUs, mostUs });
});

test('a time that is not known has no gap', () => {
  expect(gapBetween(hop('PRODUCED', null), hop('DECIDED', T))).toBeNull();
  expect(gapBetween(hop('PRODUCED', T), hop('DECIDED', null))).toBeNull();
});

test('without two known hops there is no whole', () => {
  expect(waterfall([hop('PRODUCED', T), hop('DECIDED', null)])).toMatchObject({
    spanUs: 0,
    total: null,
  });
  expect(waterfall([])).toEqual({ steps: [], spanUs: 0, total: null });
});

test('the whole begins at the earliest, also where the clock of the first is ahead', () => {
  const { steps, total } = waterfall([hop('REQUESTED', T + 5_000), hop('PRODUCED', T)]);
  expect(steps.map(({ startUs }) => startUs)).toEqual([5_000, 0]);
  expect(total).toEqual({ leastUs: 5_000, mostUs: 5_000 });
});

test.each([
  [0, [0]],
  [9_000, [0, 2_000, 4_000, 6_000, 8_000]],
  [30_000, [0, 10_000, 20_000, 30_000]],
  [101, [0, 50, 100]],
])('an axis of %i microseconds', (spanUs, ticks) => {
  expect(ticksUs(spanUs)).toEqual(ticks);
});
