import { fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { router } from '../../../router/router.svelte';
import { FlowWatch } from '../flow.svelte';
import { SERVICES, TOPICS } from '../map';
import { part, snapshot, TestConnection, TestPage } from '../testing';
import { LatestTransactions } from '../transfers/latest.svelte';
import Diagram from './Diagram.svelte';
import TopologyView from './TopologyView.svelte';
import { ratesAt } from '../rates';

// jsdom has no layout, so nothing changes its size.
class NoLayout {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
}
vi.stubGlobal('ResizeObserver', NoLayout);

afterEach(() => {
  vi.useRealTimers();
  router.go('/');
});

function drawn(flow = snapshot(), other: { isConnected?: boolean; width?: number } = {}) {
  const rates = ratesAt(flow, { flow: snapshot({ second: -1 }), rates: ratesAt(flow, null) });
  return render(Diagram, { flow, rates, isConnected: true, width: 1200, ...other });
}

test('services and topics are links, in the order of the way', () => {
  const { container } = drawn();
  const hrefs = [...container.querySelectorAll('a')].map((link) => link.getAttribute('href'));
  expect(hrefs.toSorted()).toEqual(
    [
      ...SERVICES.map((name) => `/flow?service=${name}`),
      ...TOPICS.map(({ name }) => `/flow/topic/${name}`),
    ].toSorted(),
  );
  expect(hrefs.slice(0, 2)).toEqual(['/flow?service=heartbeat', '/flow/topic/heartbeat']);
});

test('a click stays in the page, one for a new tab does not', async () => {
  const { container } = drawn();
  const link = container.querySelector('a[href="/flow/topic/balance_changed"]') as SVGAElement;
  await fireEvent.click(link, { ctrlKey: true });
  expect(router.url.pathname).toBe('/');
  await fireEvent.click(link);
  expect(router.url.pathname).toBe('/flow/topic/balance_changed');
});

test('what is down is told in words, and the arrow of who reads it no more stands still', () => {
  const flow = snapshot({
    parts: [part('command-handler', { up: false, ready: false })],
    records: { confirm_money_transfer: 900 },
    perSecond: { confirm_money_transfer: 100 },
    lags: { confirm_money_transfer: 900 },
  });
  const { container } = drawn(flow);
  const box = container.querySelector('[data-node="service:command-handler"]');
  expect(box?.textContent).toContain('does not answer');
  expect(box?.classList.contains('down')).toBe(true);
  const lag = [...container.querySelectorAll('.labels .late')].map(
    ({ textContent }) => textContent,
  );
  expect(lag).toEqual(['lag 900']);
  const dashes = (arrow: string) =>
    container.querySelector(`[data-arrow="${arrow}"] .dashes`)?.getAttribute('opacity');
  expect(dashes('confirm_money_transfer>command-handler')).toBe('0');
  expect(dashes('command-generator>confirm_money_transfer')).toBe('0');
  expect(dashes('graphql-endpoint>confirm_money_transfer')).toBe('1');
});

test('without a connection no figure is told as if it were of now', () => {
  const { container } = drawn(snapshot(), { isConnected: false });
  expect(container.querySelector('[data-node="service:graphql-endpoint"]')?.textContent).toContain(
    'does not answer',
  );
  expect(container.querySelector('.labels')?.textContent).not.toMatch(/\d\/s/);
});

test('the tables hold what the drawing shows', async () => {
  const connection = new TestConnection();
  const { container } = render(TopologyView, { connection, asked: null });
  const lags = { confirm_money_transfer: 4321 };
  const parts = [part('command-handler', { ready: false, missing: ['database'] })];
  connection.say('flow', snapshot({ perSecond: { balance_changed: 12 }, lags, parts }));
  await tick();
  const cells = [...container.querySelectorAll('td')].map(({ textContent }) => textContent.trim());
  expect(cells).toContain('12/s');
  expect(cells.some((cell) => cell.startsWith('4,321'))).toBe(true);
  expect(cells.some((cell) => cell.includes('lacks: database'))).toBe(true);
  expect(screen.getAllByRole('status').map(({ textContent }) => textContent)).toContain(
    'command-handler: lacks something; lacks: database',
  );
});

test('more is told of a service that is asked for, and who asked is led there', async () => {
  const connection = new TestConnection();
  render(TopologyView, { connection, asked: 'command-handler' });
  const heading = screen.getByRole('heading', { name: 'command-handler' });
  await tick();
  expect(document.activeElement).toBe(heading);
  const links = [...(heading.closest('section')?.querySelectorAll('dd a') ?? [])];
  expect(links.map(({ textContent }) => textContent)).toEqual([
    'account_creation_confirmed',
    'account_creation_failed',
    'money_transfer_confirmed',
    'money_transfer_failed',
    'balance_changed',
    'confirm_account_creation',
    'confirm_money_transfer',
  ]);
});

test('away from the page, all its subscriptions end', async () => {
  const connection = new TestConnection();
  const { unmount } = render(TopologyView, { connection, asked: null });
  expect(connection.count('flow')).toBe(1);
  expect(connection.count('stream_transactions')).toBe(1);
  unmount();
  await tick();
  expect(connection.open).toHaveLength(0);
});

test('in a hidden tab nothing is subscribed to, and rates begin anew after it', () => {
  const connection = new TestConnection();
  const page = new TestPage();
  const watched = new FlowWatch(connection, page as unknown as Document);
  connection.say('flow', snapshot({ second: 0 }));
  page.show('hidden');
  expect(connection.open).toHaveLength(0);
  page.show('visible');
  connection.say('flow', snapshot({ second: 60, records: { heartbeat: 600 } }));
  expect(watched.rates.read.get('command-generator<heartbeat')).toBeNull();
});

const transaction = (id: number) => ({
  id,
  iban: 'NL66OPEN0000000000',
  changed_by: '€1,00',
  direction: 'DEBIT',
  from_to: 'cash',
  descr: `of ${id}`,
});

test('of thousands of transactions it takes a few, rests, and listens again', () => {
  vi.useFakeTimers();
  const connection = new TestConnection();
  const latest = new LatestTransactions(connection as never);
  for (let id = 1; id <= 6; id++) connection.say('stream_transactions', transaction(id));
  expect(latest.items.map(({ id }) => id)).toEqual([6, 5, 4, 3, 2, 1]);
  expect(connection.count('stream_transactions')).toBe(0);
  vi.advanceTimersByTime(3_000);
  expect(connection.count('stream_transactions')).toBe(1);
  latest.close();
  vi.advanceTimersByTime(60_000);
  expect(connection.open).toHaveLength(0);
});

test('one transaction alone is shown soon, and none moves while somebody picks', () => {
  vi.useFakeTimers();
  const connection = new TestConnection();
  const latest = new LatestTransactions(connection as never);
  connection.say('stream_transactions', transaction(1));
  vi.advanceTimersByTime(1_000);
  expect(latest.items.map(({ id }) => id)).toEqual([1]);
  latest.isHeld = true;
  connection.say('stream_transactions', transaction(2));
  vi.advanceTimersByTime(10_000);
  expect(latest.items.map(({ id }) => id)).toEqual([1]);
  latest.close();
});
