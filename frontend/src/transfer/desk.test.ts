import { beforeEach, expect, test } from 'vitest';
import type { MoneyTransferResult } from '../graphql/types';
import { Desk, OPEN_MAX, type Slip } from './desk.svelte';
import type { Intent, Order } from './intent';
import { keepIn } from './keep';

const ORDER: Order = {
  kind: 'transfer',
  token: '1'.repeat(20),
  amount: 1111,
  from: 'NL00OPEN0000000001',
  to: 'NL66OPEN0000000000',
  descr: 'foo',
};

/** A bank at the other side of the wire, that answers when told to. */
function wire() {
  const asked: {
    intent: Intent;
    answer(result: Partial<MoneyTransferResult> | Error): Promise<void>;
  }[] = [];
  const waits: { ms: number; end(): Promise<void> }[] = [];
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve));
  const parts = {
    keep: keepIn(() => sessionStorage),
    ask: (intent: Intent) =>
      new Promise<MoneyTransferResult>((resolve, reject) => {
        const answer = (result: Partial<MoneyTransferResult> | Error) => {
          if (result instanceof Error) reject(result);
          else resolve({ uuid: intent.uuid, success: null, reason: null, ...result });
          return settle();
        };
        asked.push({ intent, answer });
      }),
    wait: (ms: number) =>
      new Promise<void>((resolve) => {
        const end = () => {
          resolve();
          return settle();
        };
        waits.push({ ms, end });
      }),
  };
  return { asked, waits, parts, uuids: () => asked.map(({ intent }) => intent.uuid) };
}

function handIn(desk: Desk, order: Order = ORDER): Slip {
  const handedIn = desk.handIn(order);
  if (handedIn === 'full') throw new Error('full');
  return handedIn.slip;
}

const phases = (desk: Desk) => desk.slips.map(({ state }) => state.phase);

beforeEach(() => sessionStorage.clear());

test('a second click while the first has no outcome sends nothing', async () => {
  const { asked, parts } = wire();
  const desk = new Desk(parts);
  const first = desk.handIn(ORDER);
  const second = desk.handIn({ ...ORDER });
  expect(first).toMatchObject({ isNew: true });
  expect(second).toMatchObject({ isNew: false });
  expect(asked).toHaveLength(1);
});

test('the same order after the outcome of the first is another transfer', async () => {
  const { asked, parts, uuids } = wire();
  const desk = new Desk(parts);
  handIn(desk);
  await asked[0]?.answer({ success: true });
  handIn(desk);
  expect(new Set(uuids()).size).toBe(2);
});

test('an intent is kept before it is sent, and not after its outcome', async () => {
  const { asked, parts } = wire();
  const desk = new Desk({
    ...parts,
    ask: (intent) => {
      expect(parts.keep.load()).toEqual([intent]);
      return parts.ask(intent);
    },
  });
  handIn(desk);
  expect(asked).toHaveLength(1);
  await asked[0]?.answer({ success: true });
  expect(parts.keep.load()).toEqual([]);
});

test('a reload asks again with the same uuid and content', async () => {
  const before = wire();
  const { intent } = handIn(new Desk(before.parts));
  const after = wire();
  const desk = new Desk(after.parts);
  expect(after.asked.map((asked) => asked.intent)).toEqual([intent]);
  expect(phases(desk)).toEqual(['asking']);
  await after.asked[0]?.answer({ success: true });
  expect(phases(desk)).toEqual(['done']);
  expect(new Desk(wire().parts).slips).toEqual([]);
});

test('a click after a reload on what is still open sends nothing new', () => {
  handIn(new Desk(wire().parts));
  const after = wire();
  expect(new Desk(after.parts).handIn(ORDER)).toMatchObject({ isNew: false });
  expect(after.asked).toHaveLength(1);
});

test('a pending answer is shown, and asked for again with the same uuid, slower and slower', async () => {
  const { asked, waits, parts, uuids } = wire();
  const desk = new Desk(parts);
  const { intent } = handIn(desk);
  for (let time = 0; time < 7; time++) {
    await asked[time]?.answer({ success: null, reason: 'pending, ask again with the same uuid' });
    expect(phases(desk)).toEqual(['pending']);
    expect(parts.keep.load()).toEqual([intent]);
    await waits[time]?.end();
  }
  expect(waits.map(({ ms }) => ms)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  await asked[7]?.answer({ success: false, reason: 'insufficient funds' });
  expect(desk.slips[0]?.state).toEqual({ phase: 'refused', reason: 'insufficient funds' });
  expect(new Set(uuids())).toEqual(new Set([intent.uuid]));
});

test('a lost connection is no outcome: it is asked again with the same uuid', async () => {
  const { asked, waits, parts, uuids } = wire();
  const desk = new Desk(parts);
  handIn(desk);
  await asked[0]?.answer(new Error('gone'));
  expect(phases(desk)).toEqual(['pending']);
  await waits[0]?.end();
  await asked[1]?.answer({ success: true });
  expect(phases(desk)).toEqual(['done']);
  expect(new Set(uuids()).size).toBe(1);
});

test('listeners get each outcome once, until they leave', async () => {
  const { asked, parts } = wire();
  const desk = new Desk(parts);
  const heard: string[] = [];
  const leave = desk.onSettled(({ state }) => heard.push(state.phase));
  handIn(desk);
  await asked[0]?.answer({ success: true });
  leave();
  handIn(desk);
  await asked[1]?.answer({ success: true });
  expect(heard).toEqual(['done']);
});

test('no more are open at once than the bound', () => {
  const { asked, parts } = wire();
  const desk = new Desk(parts);
  for (let amount = 1; amount <= OPEN_MAX; amount++) handIn(desk, { ...ORDER, amount });
  expect(desk.handIn({ ...ORDER, amount: 99 })).toBe('full');
  expect(asked).toHaveLength(OPEN_MAX);
});

test('who leaves is not asked for any more', async () => {
  const { asked, waits, parts } = wire();
  const desk = new Desk(parts);
  handIn(desk);
  desk.abandon();
  await asked[0]?.answer({ success: null });
  expect(waits).toHaveLength(0);
  expect(desk.slips).toEqual([]);
  expect(parts.keep.load()).toEqual([]);
});

test.each(['{', '{}', '[1, null, {"uuid": 1}]'])(
  'a store with %s in it holds no intents',
  (stored) => {
    sessionStorage.setItem('open-bank-intents', stored);
    expect(new Desk(wire().parts).slips).toEqual([]);
  },
);

test('a store that refuses keeps nothing and stops nobody', () => {
  const keep = keepIn(() => {
    throw new Error('forbidden');
  });
  const { asked, parts } = wire();
  handIn(new Desk({ ...parts, keep }));
  expect(asked).toHaveLength(1);
});
