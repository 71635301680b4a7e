import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { flowSnapshots } from './operations';
import { TestConnection, TestPage } from './testing';
import { RETRY_MS, watch, type Watcher } from './watch';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watched(state: DocumentVisibilityState = 'visible') {
  const connection = new TestConnection();
  const page = new TestPage();
  page.visibilityState = state;
  const seen: string[] = [];
  const watcher: Watcher<unknown> = {
    begin: () => seen.push('begin'),
    next: (data) => seen.push(JSON.stringify(data)),
    failed: (why) => seen.push(`failed: ${why}`),
  };
  const end = watch(connection, flowSnapshots, {}, watcher, page as unknown as Document);
  return { connection, page, seen, end };
}

test('it ends when the tab is hidden, and begins when it is seen again', () => {
  const { connection, page, seen } = watched();
  expect(connection.count('flow')).toBe(1);
  page.show('hidden');
  expect(connection.count('flow')).toBe(0);
  connection.reconnect();
  expect(connection.count('flow')).toBe(0);
  page.show('visible');
  expect(connection.count('flow')).toBe(1);
  expect(seen).toEqual(['begin', 'begin']);
});

test('in a hidden tab it does not begin', () => {
  const { connection, page } = watched('hidden');
  expect(connection.count('flow')).toBe(0);
  page.show('visible');
  expect(connection.count('flow')).toBe(1);
});

test('at another connection it begins once again', () => {
  const { connection, seen } = watched();
  connection.reconnect();
  expect(connection.count('flow')).toBe(1);
  expect(seen).toEqual(['begin', 'begin']);
});

test('an error is told, and it is asked for again after a while', () => {
  const { connection, seen } = watched();
  connection.fail('flow', new Error('8 readers already'));
  expect(connection.count('flow')).toBe(0);
  vi.advanceTimersByTime(RETRY_MS);
  expect(connection.count('flow')).toBe(1);
  expect(seen).toEqual(['begin', 'failed: 8 readers already', 'begin']);
});

test('once ended it stays so: hidden, seen, reconnected or after an error', () => {
  const { connection, page, end } = watched();
  connection.fail('flow', new Error('no'));
  end();
  vi.advanceTimersByTime(2 * RETRY_MS);
  page.show('hidden');
  page.show('visible');
  connection.reconnect();
  expect(connection.count('flow')).toBe(0);
});
