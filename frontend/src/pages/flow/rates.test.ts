import { expect, test } from 'vitest';
import type { Flow } from '../../graphql/types';
import { readKey } from './map';
import { NO_RATES, ratesAt, writtenBy, type Rates } from './rates';
import { snapshot } from './testing';

const HANDLER = readKey('command-handler', 'confirm_money_transfer');

function after(...flows: readonly Flow[]): Rates {
  let before: { flow: Flow; rates: Rates } | null = null;
  for (const flow of flows) before = { flow, rates: ratesAt(flow, before) };
  return before?.rates ?? NO_RATES;
}

function money(second: number, records: number | null, lag: number | null) {
  const topic = 'confirm_money_transfer';
  return snapshot({ second, records: { [topic]: records }, lags: { [topic]: lag } });
}

test('what is written is the figure of the snapshot, then a part of each new one', () => {
  const paces = [100, 200, 200].map((perSecond, second) =>
    snapshot({ second, perSecond: { balance_changed: perSecond } }),
  );
  expect(after(...paces.slice(0, 1)).written.get('balance_changed')).toBe(100);
  expect(after(...paces.slice(0, 2)).written.get('balance_changed')).toBe(140);
  expect(after(...paces).written.get('balance_changed')).toBe(164);
});

test('a rate that dies away is nothing at last', () => {
  const paces = [1, 0, 0, 0, 0, 0, 0].map((perSecond, second) =>
    snapshot({ second, perSecond: { balance_changed: perSecond } }),
  );
  expect(after(...paces).written.get('balance_changed')).toBe(0);
});

test.each([
  ['keeps up', money(0, 100, 0), money(1, 150, 0), 50],
  ['falls behind', money(0, 100, 0), money(1, 150, 40), 10],
  ['stands still', money(0, 100, 0), money(1, 150, 50), 0],
  ['makes up', money(0, 100, 80), money(2, 100, 0), 40],
  ['is not known', money(0, 100, null), money(1, 150, 0), null],
  ['is of a topic that is not known', money(0, 100, 0), money(1, null, 0), null],
  ['of one snapshot twice', money(0, 100, 0), money(0, 100, 0), null],
])('a reader that %s', (_, first, second, perSecond) => {
  expect(after(first, second).read.get(HANDLER)).toBe(perSecond);
});

test('the first snapshot tells nothing of readers', () => {
  expect(after(money(0, 100, 0)).read.get(HANDLER)).toBeNull();
});

function rates(written: number | null, beats: number | null): Rates {
  return {
    written: new Map([['confirm_money_transfer', written]]),
    read: new Map([[readKey('command-generator', 'heartbeat'), beats]]),
  };
}

test.each([
  ['beats alone', rates(100, 100), 100, 0],
  ['people alone', rates(3, 0), 0, 3],
  ['both', rates(130, 100), 100, 30],
  ['counted at two moments', rates(105, 100), 105, 0],
  ['fewer than beats', rates(4, 5), 4, 0],
  ['not known', rates(null, 5), null, null],
  ['beats not known', rates(5, null), null, null],
])('of two writers each has its part: %s', (_, known, generator, endpoint) => {
  expect(writtenBy('command-generator', 'confirm_money_transfer', known)).toBe(generator);
  expect(writtenBy('graphql-endpoint', 'confirm_money_transfer', known)).toBe(endpoint);
});
