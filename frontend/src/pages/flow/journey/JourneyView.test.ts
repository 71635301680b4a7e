import { render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { Journey } from '../../../graphql/types';
import { hop, TestConnection } from '../testing';
import JourneyView from './JourneyView.svelte';

afterEach(() => vi.useRealTimers());

const UUID = '01234567-89ab-4def-8123-456789abcdef';

function journey(other: Partial<Journey> = {}): Journey {
  return {
    uuid: UUID,
    result: 'CONFIRMED',
    reason: null,
    event: 12,
    amount_cents: '123456',
    from: 'cash',
    to: 'NL66OPEN0000000000',
    descr: 'deposit',
    transaction_ids: [42],
    hops: [
      hop('PRODUCED', 1_000_000, {
        resolution_us: 1000,
        topic: 'confirm_money_transfer',
        partition: 3,
        offset: 1234,
      }),
      hop('DECIDED', 1_003_500),
      hop('DELIVERED', null, { account: 'NL66OPEN0000000000', transaction_id: 42 }),
    ],
    ...other,
  };
}

function shown(asked: string, around: string | null, ...answers: Journey[]) {
  const connection = new TestConnection();
  const asks: unknown[] = [];
  connection.answer = (variables) => {
    asks.push(variables);
    return { journey: answers[Math.min(asks.length, answers.length) - 1] };
  };
  return { asks, ...render(JourneyView, { connection, asked, around }) };
}

test.each([
  ['42', null, { transaction_id: 42 }],
  ['42', '1700000000000', { transaction_id: 42 }],
  [UUID, null, { uuid: UUID }],
  [UUID.toUpperCase(), '1700000000000', { uuid: UUID, around_ms: 1700000000000 }],
  [UUID, 'yesterday', { uuid: UUID }],
  ['event-12', null, { event: 12 }],
  ['event-12', '1700000000000', { event: 12, around_ms: 1700000000000 }],
])('%s around %s is asked for as such', async (asked, around, variables) => {
  const { asks } = shown(asked, around, journey());
  await screen.findByText('Booked');
  expect(asks).toEqual([variables]);
});

test('it tells what was asked, what became of it, and each hop', async () => {
  shown('42', null, journey());
  expect(await screen.findByText('€1.234,56')).toBeTruthy();
  expect(screen.getByText('NL66 OPEN 0000 0000 00', { selector: 'dd a' })).toBeTruthy();
  expect(screen.getByText('2.5–3.5 ms from the first hop to the last')).toBeTruthy();
  expect(screen.getByText(/partition 3, offset 1,234/, { selector: '.where' })).toBeTruthy();
  expect(screen.getByText('not known: it is too long ago', { selector: 'p' })).toBeTruthy();
});

test('a refusal has its reason', async () => {
  shown('42', null, journey({ result: 'FAILED', reason: 'insufficient funds' }));
  expect(await screen.findByText('Refused')).toBeTruthy();
  expect(screen.getByText('insufficient funds')).toBeTruthy();
});

test('while it is not decided it is asked for again', async () => {
  vi.useFakeTimers();
  const { asks } = shown(UUID, null, journey({ result: 'UNDECIDED' }), journey());
  await vi.advanceTimersByTimeAsync(100);
  expect(screen.getByText('No outcome found')).toBeTruthy();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(screen.getByText('Booked')).toBeTruthy();
  expect(asks).toHaveLength(2);
});

test.each([
  'abc',
  '-1',
  '0',
  '99999999999999999',
  `${UUID}0`,
  'event-0',
  'event-',
  'event-4503599627370495',
])('%s is no transfer, and nothing is asked', (asked) => {
  const { asks } = shown(asked, null, journey());
  expect(screen.getByText('This is no transfer')).toBeTruthy();
  expect(asks).toEqual([]);
});
