import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeSocket, lastSocket, settled } from '../testing/fake-socket';
import { AnswerError, Connection } from './connection.svelte';
import { moneyTransfer, oneAccount, streamTransactions } from './operations';

const TRANSFER = { uuid: 'u', token: 't', amount: 1, from: 'a', to: 'b', descr: '' };

const nothing = () => undefined;
const SINK = { next: nothing, error: nothing, complete: nothing };

function connect(): Connection {
  return new Connection('ws://bank/graphql-ws', FakeSocket);
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
});
afterEach(() => vi.useRealTimers());

test('the state tells of each step, and each connection is told of', async () => {
  const connection = connect();
  const begin = vi.fn();
  connection.onConnected(begin);
  expect(connection.state.phase).toBe('connecting');
  await lastSocket().accept();
  expect(connection.state.phase).toBe('connected');
  lastSocket().drop();
  await settled();
  expect(connection.state.phase).toBe('waiting');
  await vi.advanceTimersByTimeAsync(300);
  expect(FakeSocket.made).toHaveLength(2);
  expect(connection.state.phase).toBe('connecting');
  await lastSocket().accept();
  expect(begin).toHaveBeenCalledTimes(2);
});

test('tries come slower and slower, and one can be had at once', async () => {
  const connection = connect();
  const gaps: number[] = [];
  vi.spyOn(Math, 'random').mockReturnValue(0);
  for (let tries = 0; tries < 5; tries++) {
    lastSocket().drop();
    await settled();
    const { state } = connection;
    gaps.push(state.phase === 'waiting' ? state.untilMs - Date.now() : 0);
    connection.tryNow();
    await settled();
    expect(FakeSocket.made).toHaveLength(tries + 2);
  }
  expect(gaps).toEqual([250, 500, 1000, 2000, 4000]);
  await lastSocket().accept();
  lastSocket().drop();
  await settled();
  const { state } = connection;
  expect(state.phase === 'waiting' && state.untilMs - Date.now()).toBe(250);
  vi.restoreAllMocks();
});

test.each([4400, 4500, 1002])('a close with code %i is tried again too', async (code) => {
  connect();
  await lastSocket().accept();
  lastSocket().drop(code);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.made).toHaveLength(2);
});

test('what was asked without an answer is asked again in the next connection, word for word', async () => {
  const connection = connect();
  await lastSocket().accept();
  const answer = connection.ask(moneyTransfer, TRANSFER);
  await settled();
  expect(lastSocket().asked('money_transfer')[0]?.variables).toEqual(TRANSFER);
  lastSocket().drop();
  await vi.advanceTimersByTimeAsync(300);
  await lastSocket().accept();
  expect(lastSocket().asked('money_transfer')[0]?.variables).toEqual(TRANSFER);
  const result = { uuid: 'u', success: true, reason: null };
  await lastSocket().next('money_transfer', { money_transfer: result });
  await expect(answer).resolves.toEqual({ money_transfer: result });
});

test('errors of GraphQL are told as such', async () => {
  const connection = connect();
  await lastSocket().accept();
  const answer = connection.ask(oneAccount, { iban: 'x' });
  answer.catch(() => undefined);
  await settled();
  const { id } = lastSocket().asked('account')[0] ?? {};
  const payload = { data: null, errors: [{ message: 'the bank cannot answer now' }] };
  lastSocket().onmessage?.({ data: JSON.stringify({ type: 'next', id, payload }) });
  await expect(answer).rejects.toThrow(new AnswerError('the bank cannot answer now'));
});

test('silence is answered by a ping, and no answer to that by a new connection', async () => {
  connect();
  await lastSocket().accept();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lastSocket().sent.at(-1)?.type).toBe('ping');
  await vi.advanceTimersByTimeAsync(6_000);
  expect(FakeSocket.made).toHaveLength(2);
});

test('an endpoint that says much else before it answers a ping is not silent', async () => {
  const connection = connect();
  await lastSocket().accept();
  connection.subscribe(streamTransactions, { iban: 'x' }, SINK);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lastSocket().sent.at(-1)?.type).toBe('ping');
  for (let second = 0; second < 12; second++) {
    await lastSocket().next('stream_transactions', { stream_transactions: null });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(FakeSocket.made).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(FakeSocket.made).toHaveLength(2);
});

test('a question that is taken back is ended', async () => {
  const connection = connect();
  await lastSocket().accept();
  const taken = new AbortController();
  const answer = connection.ask(oneAccount, { iban: 'x' }, taken.signal);
  answer.catch(() => undefined);
  await settled();
  taken.abort();
  await expect(answer).rejects.toThrow();
  expect(lastSocket().asked('account')).toEqual([]);
});
