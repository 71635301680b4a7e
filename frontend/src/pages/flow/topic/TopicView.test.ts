import { fireEvent, render, screen, within } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { router } from '../../../router/router.svelte';
import { record, TestConnection } from '../testing';
import { HELD_MAX, recordId, SHOW_EVERY_MS, Tail } from './tail.svelte';
import TopicView from './TopicView.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  router.go('/');
});

function shown(name = 'confirm_money_transfer') {
  router.go(`/flow/topic/${name}`);
  const connection = new TestConnection();
  const view = render(TopicView, { connection, name });
  const say = async (records: unknown[], skipped = 0, missing: string | null = null) => {
    connection.say('topic_records', { records, skipped, missing });
    vi.advanceTimersByTime(SHOW_EVERY_MS);
    await tick();
  };
  const items = () => [...view.container.querySelectorAll<HTMLElement>('ol > li')];
  const offsets = () =>
    items().map(({ textContent }) => Number(/offset\s+(\d+)/.exec(textContent)?.[1]));
  return { connection, say, items, offsets, ...view };
}

test('the newest record is on top, with its fields, key, headers and journey', async () => {
  const { say, items, offsets } = shown();
  await say([record(1), record(2)]);
  await say([record(3)]);
  expect(offsets()).toEqual([3, 2, 1]);
  const newest = items()[0] as HTMLElement;
  expect(newest.textContent).toContain('€3,00');
  expect(newest.textContent).toContain('traceparent');
  const uuid = '00000000-0000-4000-8000-000000000003';
  expect(within(newest).getByRole('link')).toHaveProperty('pathname', `/flow/transfer/${uuid}`);
  expect(within(newest).getByRole('link')).toHaveProperty('search', '?around=1795330800123');
});

test('a record that came twice is shown once, and that the connection was away is told', async () => {
  const { connection, say, offsets } = shown();
  await say([record(1), record(2)]);
  connection.reconnect();
  await say([record(2), record(4)]);
  expect(offsets()).toEqual([4, 2, 1]);
  expect(screen.getByText(/connection was away/)).toBeTruthy();
});

test('records of a topic that was made again are others, at the same places', async () => {
  const { connection, say, items } = shown();
  await say([record(1, { value: '{"amount":100}' })]);
  connection.reconnect();
  await say([record(1, { value: '{"amount":200}', timestamp_ms: 1795330900000 })]);
  expect(items().map(({ textContent }) => /€\d,00/.exec(textContent)?.[0])).toEqual([
    '€2,00',
    '€1,00',
  ]);
});

test('the newest are held, up to a bound', () => {
  const connection = new TestConnection();
  const tail = new Tail(connection, 'confirm_money_transfer');
  const records = Array.from({ length: HELD_MAX }, (_, index) => record(index));
  connection.say('topic_records', { records, skipped: 0, missing: null });
  connection.say('topic_records', { records: [record(HELD_MAX)], skipped: 0, missing: null });
  expect(tail.records).toHaveLength(HELD_MAX);
  expect(tail.records[0]?.offset).toBe(HELD_MAX);
  expect([...tail.fresh]).toEqual([recordId(record(HELD_MAX))]);
  tail.close();
});

test('a few new ones stand out, many do not', () => {
  const connection = new TestConnection();
  const tail = new Tail(connection, 'confirm_money_transfer');
  const say = (...offsets: number[]) => {
    const records = offsets.map((offset) => record(offset));
    connection.say('topic_records', { records, skipped: 0, missing: null });
    vi.advanceTimersByTime(SHOW_EVERY_MS);
    return [...tail.fresh];
  };
  expect(say(1, 2)).toEqual([]);
  expect(say(3, 4)).toEqual([4, 3].map((offset) => recordId(record(offset))));
  expect(say(5, 6, 7, 8, 9, 10)).toEqual([]);
  tail.close();
});

test('while much comes the list changes a few times a second', () => {
  const connection = new TestConnection();
  const tail = new Tail(connection, 'confirm_money_transfer');
  let lists = new Set<unknown>();
  for (let offset = 0; offset < 20; offset++) {
    connection.say('topic_records', { records: [record(offset)], skipped: 0, missing: null });
    lists = lists.add(tail.records);
    vi.advanceTimersByTime(100);
  }
  expect(lists.size).toBeGreaterThan(2);
  expect(lists.size).toBeLessThan(6);
  vi.advanceTimersByTime(SHOW_EVERY_MS);
  expect(tail.records[0]?.offset).toBe(19);
  expect(tail.records).toHaveLength(20);
  tail.close();
});

test('what the endpoint passed over is counted', async () => {
  const { say } = shown();
  await say([record(1)], 0);
  expect(screen.queryByText(/passed over/)).toBeNull();
  await say([record(9)], 1200);
  await say([record(10)], 34);
  expect(screen.getByText(/1,234 passed over/)).toBeTruthy();
});

test('while paused nothing moves; what came is counted, and shown afterwards', async () => {
  const { say, offsets } = shown();
  await say([record(1)]);
  await fireEvent.click(screen.getByRole('button', { name: 'Pause' }));
  await say([record(2), record(3)]);
  expect(offsets()).toEqual([1]);
  expect(screen.getByText('Paused: 2 came since')).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: 'Resume' }));
  expect(offsets()).toEqual([3, 2, 1]);
  expect(screen.queryByText(/passed over/)).toBeNull();
});

test('what came while paused and is no longer held counts as passed over', () => {
  const connection = new TestConnection();
  const tail = new Tail(connection, 'confirm_money_transfer');
  tail.pause();
  const records = Array.from({ length: HELD_MAX + 7 }, (_, index) => record(index));
  connection.say('topic_records', { records, skipped: 3, missing: null });
  expect(tail).toMatchObject({ records: [], skipped: 3, waiting: HELD_MAX + 7 });
  tail.resume();
  expect(tail).toMatchObject({ skipped: 10, waiting: 0 });
  expect(tail.records).toHaveLength(HELD_MAX);
  tail.close();
});

test('the filter looks at keys, values, offsets and headers, and is in the address', async () => {
  const { say, offsets } = shown();
  await say([
    record(1, { key: 'abc-key' }),
    record(2, { value: '{"descr":"Salary of May"}' }),
    record(3, { headers: [{ name: 'event', value: '777' }] }),
  ]);
  const filter = screen.getByRole('searchbox');
  for (const [text, found] of [
    ['ABC-', [1]],
    ['salary', [2]],
    ['777', [3]],
    ['nothing of this', []],
  ] as const) {
    await fireEvent.input(filter, { target: { value: text } });
    expect(offsets()).toEqual(found);
  }
  expect(screen.getByText(/None of the newest/)).toBeTruthy();
  expect(router.query.get('text')).toBe('nothing of this');
});

test('a record that cannot be read says why', async () => {
  const { say } = shown();
  await say([record(1, { value: null, undecodable: 'it does not begin with 0', record: null })]);
  expect(screen.getByText('Cannot be read: it does not begin with 0')).toBeTruthy();
});

test('that none can be read now is told, with why', async () => {
  const { connection, say } = shown();
  await say([], 0, 'Kafka does not answer');
  expect(screen.getByRole('alert').textContent).toContain('Kafka does not answer');
  connection.fail('topic_records', new Error('8 readers already'));
  await tick();
  expect(screen.getByRole('alert').textContent).toContain('8 readers already');
});

test('a change of a balance leads to the journey of its event, around when that was decided', async () => {
  const { say, items } = shown('balance_changed');
  const headers = [
    { name: 'event', value: '21' },
    { name: 'booked-at', value: '1795330799987654' },
  ];
  const key = 'NL66OPEN0000000000';
  await say([record(1, { key, headers }), record(2, { key, headers: headers.slice(0, 1) })]);
  const links = items().map((item) => within(item).getByRole('link'));
  expect(links.map((link) => link.getAttribute('href'))).toEqual([
    '/flow/transfer/event-21?around=1795330800123',
    '/flow/transfer/event-21?around=1795330799987',
  ]);
  // As a handler writes it that knows no headers.
  await say([record(3, { key })]);
  expect(within(items()[0] as HTMLElement).queryByRole('link')).toBeNull();
});

test('records of accounts have no journey', async () => {
  const { say, items } = shown('account_creation_confirmed');
  await say([record(1)]);
  expect(items()[0]?.querySelector('a')).toBeNull();
});

test('a topic that is not there names those that are, and asks for nothing', () => {
  const { connection } = shown('no_such_topic');
  expect(screen.getByRole('heading', { level: 1 }).textContent).toContain('no_such_topic');
  expect(screen.getByRole('link', { name: 'balance_changed' })).toBeTruthy();
  expect(connection.open).toHaveLength(0);
});

test('away from the page, the subscription ends', async () => {
  const { connection, unmount } = shown();
  expect(connection.count('topic_records')).toBe(1);
  unmount();
  await tick();
  expect(connection.open).toHaveLength(0);
});
