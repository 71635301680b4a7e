import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Connection } from '../graphql/connection.svelte';
import type { ShownTransaction } from '../graphql/operations';
import { FakeSocket, lastSocket, settled } from '../testing/fake-socket';
import { HELD_MAX, TransactionFeed } from './feed.svelte';

const IBAN = 'NL66OPEN0000000000';

function transaction(id: number): ShownTransaction {
  return {
    id,
    iban: IBAN,
    new_balance: '€1,00',
    changed_by: '€1,00',
    from_to: 'cash',
    descr: '',
    direction: 'CREDIT',
    new_balance_cents: '100',
    changed_by_cents: '100',
    at: null,
    account_seq: id,
  };
}

/** From the first down to the last. */
const down = (first: number, last: number) =>
  Array.from({ length: first - last + 1 }, (_, at) => transaction(first - at));
const ids = (feed: TransactionFeed) => feed.items.map(({ id }) => id);

let turn: (() => void) | undefined;
let feed: TransactionFeed;

/** The browser draws. */
function frame(): void {
  const now = turn;
  turn = undefined;
  now?.();
}

async function follow(newest: readonly ShownTransaction[]): Promise<void> {
  const connection = new Connection('ws://bank/graphql-ws', FakeSocket);
  feed = new TransactionFeed(
    connection,
    IBAN,
    () => 10,
    (next) => {
      turn = next;
      return () => (turn = undefined);
    },
  );
  await lastSocket().accept();
  await lastSocket().next('transactions_by_iban', { transactions_by_iban: newest });
}

const arrive = (id: number, extensions?: unknown) =>
  lastSocket().next('stream_transactions', { stream_transactions: transaction(id) }, extensions);

async function reconnect(newest: readonly ShownTransaction[]): Promise<void> {
  lastSocket().drop();
  await vi.advanceTimersByTimeAsync(300);
  await lastSocket().accept();
  await lastSocket().next('transactions_by_iban', { transactions_by_iban: newest });
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
  turn = undefined;
});
afterEach(() => {
  feed.close();
  vi.useRealTimers();
});

test('the stream goes on behind the newest that was given', async () => {
  await follow(down(3, 1));
  expect(ids(feed)).toEqual([3, 2, 1]);
  expect(
    lastSocket()
      .asked('stream_transactions')
      .map(({ variables }) => variables),
  ).toEqual([{ iban: IBAN, after: 3 }]);
  await arrive(4);
  expect(ids(feed)).toEqual([4, 3, 2, 1]);
});

test('a new connection asks once, goes on behind the newest, and nothing is missing or there twice', async () => {
  await follow(down(3, 1));
  await arrive(4);
  await reconnect(down(7, 1));
  const sent = lastSocket().sent.filter(({ type }) => type === 'subscribe');
  expect(sent).toHaveLength(2);
  expect(
    lastSocket()
      .asked('stream_transactions')
      .map(({ variables }) => variables.after),
  ).toEqual([7]);
  await arrive(7);
  frame();
  await arrive(8);
  frame();
  expect(ids(feed)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  expect(feed.skipped).toBe(0);
});

test('after a long absence it says how many went by, and fetches no more than it holds', async () => {
  await follow(down(5, 1));
  await reconnect(down(5000, 5000 - HELD_MAX + 1));
  expect(feed.items).toHaveLength(HELD_MAX);
  expect(feed.skipped).toBe(5000 - HELD_MAX - 5);
});

test('thousands at once are drawn once, the held ones are bounded, and the skipped counted', async () => {
  await follow(down(5, 1));
  for (let id = 6; id <= 2005; id++) {
    lastSocket().onmessage?.({
      data: JSON.stringify({
        type: 'next',
        id: lastSocket().asked('stream_transactions')[0]?.id,
        payload: { data: { stream_transactions: transaction(id) } },
      }),
    });
  }
  await settled();
  expect(ids(feed)[0]).toBe(6);
  frame();
  expect(ids(feed)[0]).toBe(2005);
  expect(feed.items).toHaveLength(HELD_MAX);
  expect(feed.arrived).toBe(2000);
  // All but the first, and the ten that the list shows of the others.
  expect(feed.skipped).toBe(2000 - 1 - 10);
});

test('an account without transactions is looked at twice, so that its first is not lost', async () => {
  await follow([]);
  expect(feed.status).toBe('live');
  expect(lastSocket().asked('stream_transactions')[0]?.variables).toEqual({ iban: IBAN });
  await vi.advanceTimersByTimeAsync(1_000);
  await lastSocket().next('transactions_by_iban', { transactions_by_iban: down(1, 1) });
  expect(ids(feed)).toEqual([1]);
  await arrive(1);
  expect(ids(feed)).toEqual([1]);
});

test('the first of an account is not lost either when the stream begins with its second', async () => {
  await follow([]);
  await arrive(2);
  expect(ids(feed)).toEqual([2]);
  await arrive(3);
  await lastSocket().next('transactions_by_iban', { transactions_by_iban: down(3, 1) });
  expect(ids(feed)).toEqual([3, 2, 1]);
  await settled();
  const streams = lastSocket().asked('stream_transactions');
  expect(streams.map(({ variables }) => variables)).toEqual([{ iban: IBAN, after: 3 }]);
  await arrive(4);
  frame();
  expect(ids(feed)).toEqual([4, 3, 2, 1]);
  expect(feed.status).toBe('live');
});

test('a second look asks for nothing when the stream has brought all from the first on', async () => {
  await follow([]);
  await arrive(1);
  await vi.advanceTimersByTimeAsync(1_000);
  const questions = lastSocket().sent.filter(
    ({ type, payload }) => type === 'subscribe' && payload.query.includes('transactions_by_iban'),
  );
  expect(questions).toHaveLength(1);
});

test('a stream that ends with an error is begun again', async () => {
  await follow(down(1, 1));
  await lastSocket().fail('stream_transactions', 'the bank cannot answer now');
  expect(feed.status).toBe('failed');
  await vi.advanceTimersByTimeAsync(2_000);
  await lastSocket().next('transactions_by_iban', { transactions_by_iban: down(2, 1) });
  expect(feed.status).toBe('live');
  expect(lastSocket().asked('stream_transactions').at(-1)?.variables).toEqual({
    iban: IBAN,
    after: 2,
  });
});

test('that the page read too slowly is noted', async () => {
  await follow(down(1, 1));
  await arrive(2, { fell_behind: { times: 1, continued_from: 'database' } });
  expect(feed.fellBehind).toBe(1);
});

test('a closed feed asks for nothing, in no later connection either', async () => {
  await follow(down(1, 1));
  feed.close();
  await settled();
  expect(lastSocket().asked('stream_transactions')).toEqual([]);
  lastSocket().drop();
  await vi.advanceTimersByTimeAsync(300);
  await lastSocket().accept();
  expect(lastSocket().sent.filter(({ type }) => type === 'subscribe')).toEqual([]);
});
