import { render } from '@testing-library/svelte';
import { beforeEach, expect, test } from 'vitest';
import type { ShownTransaction } from '../graphql/operations';
import { language } from '../i18n/language.svelte';
import { settled } from '../testing/fake-socket';
import { TransactionFeed, type FeedConnection } from './feed.svelte';
import TransactionList from './TransactionList.svelte';
import { ARGUMENTS, listView, MAX_ITEMS } from './view.svelte';

/** The contract's, word for word. */
const NEWEST_AMOUNT =
  '#transactions div:nth-child(1) div div:nth-child(1) p:nth-child(1) span:nth-child(2)';

function transaction(id: number): ShownTransaction {
  return {
    id,
    iban: 'NL40OPEN0360610869',
    new_balance: `€-${id},50`,
    changed_by: `€${id},00`,
    from_to: id % 2 ? 'NL66OPEN0000000000' : 'cash',
    descr: `number ${id}`,
    direction: id % 2 ? 'DEBIT' : 'CREDIT',
    new_balance_cents: '0',
    changed_by_cents: '0',
    at: '2026-11-22T06:54:19.429Z',
    account_seq: id,
  };
}

/** A list on a connection that gives these, and gives more when told to. */
async function list(newest: readonly ShownTransaction[]) {
  let arrive: (item: ShownTransaction) => void = () => undefined;
  const connection = {
    onConnected: (begin: () => void) => {
      begin();
      return () => undefined;
    },
    ask: () => Promise.resolve({ transactions_by_iban: newest }),
    subscribe: (
      _: unknown,
      __: unknown,
      sink: { next(data: unknown, extensions: object): void },
    ) => {
      arrive = (item) => sink.next({ stream_transactions: item }, {});
      return () => undefined;
    },
  } as unknown as FeedConnection;
  const feed = new TransactionFeed(
    connection,
    'NL40OPEN0360610869',
    () => listView.maxItems,
    (turn) => {
      const timer = setTimeout(turn);
      return () => clearTimeout(timer);
    },
  );
  const { container } = render(TransactionList, { feed });
  await settled();
  const button = (id: string): HTMLElement => {
    const found = document.getElementById(id);
    if (!found) throw new Error(`no button ${id}`);
    return found;
  };
  const first = (selector: string) => container.querySelector(selector);
  return {
    container,
    first,
    button,
    amount: () => first(NEWEST_AMOUNT)?.textContent,
    arrive: async (item: ShownTransaction) => {
      arrive(item);
      await settled();
    },
    press: (id: string) => {
      button(id).click();
      return settled();
    },
  };
}

const several = (count: number) =>
  Array.from({ length: count }, (_, at) => transaction(count - at));

beforeEach(() => {
  language.choose('en');
  listView.showUpTo(10);
  for (const argument of ARGUMENTS) {
    if (listView.shown.has(argument) === (argument === 'own account')) listView.toggle(argument);
  }
});

test('the first match of the contract’s selector is the newest amount, and nothing but the amount', async () => {
  const { first, amount, arrive } = await list(several(12));
  expect(amount()).toBe('€12,00');
  expect(first(NEWEST_AMOUNT)?.closest('[id^="transaction-box-"]')?.id).toBe('transaction-box-12');
  expect(first(NEWEST_AMOUNT)?.previousElementSibling?.getAttribute('aria-label')).toBe('In');
  await arrive(transaction(13));
  expect(amount()).toBe('€13,00');
  expect(first(NEWEST_AMOUNT)?.previousElementSibling?.getAttribute('aria-label')).toBe('Out');
});

test('it stays so whatever is shown or hidden, and in Dutch', async () => {
  const { amount, press } = await list(several(12));
  for (const argument of ARGUMENTS.filter((argument) => argument !== 'amount changed')) {
    await press(`show-argument-${argument}`);
    expect(amount()).toBe('€12,00');
  }
  language.choose('nl');
  await settled();
  expect(amount()).toBe('€12,00');
});

test('every box has the id of its transaction, the newest first', async () => {
  const { container } = await list(several(3));
  const boxes = container.querySelectorAll('#transactions [id^="transaction-box-"]');
  expect(Array.from(boxes, ({ id }) => id)).toEqual([3, 2, 1].map((id) => `transaction-box-${id}`));
});

test.each(MAX_ITEMS)('max-items-%i shows so many at most', async (max) => {
  const { container, press, arrive } = await list(several(250));
  await press(`max-items-${max}`);
  const boxes = () => container.querySelector('#transactions')?.childElementCount;
  expect(boxes()).toBe(max);
  await arrive(transaction(251));
  expect(boxes()).toBe(max);
});

test.each([
  ['own account', 'NL40 OPEN 0360 6108 69'],
  ['new balance', '€-1,50'],
  ['other account', 'The bank itself'],
  ['amount changed', '€1,00'],
  ['description', 'number 1'],
])('show-argument-%s shows and hides %s', async (argument, text) => {
  const { container, button, press } = await list([transaction(1)]);
  const isSeen = () =>
    Array.from(container.querySelectorAll('#transactions p, #transactions span')).some(
      (element) =>
        element.closest('[hidden]') === null &&
        Array.from(element.childNodes).some(
          (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.includes(text),
        ),
    );
  for (let times = 0; times < 2; times++) {
    expect(button(`show-argument-${argument}`).getAttribute('aria-pressed')).toBe(String(isSeen()));
    const before = isSeen();
    await press(`show-argument-${argument}`);
    expect(isSeen()).toBe(!before);
  }
});

test('show-argument-debit/credit hides the icon, which stays in its place', async () => {
  const { first, press } = await list([transaction(1)]);
  const icon = () => first(NEWEST_AMOUNT)?.previousElementSibling as HTMLElement;
  expect(icon().hidden).toBe(false);
  await press('show-argument-debit/credit');
  expect(icon().hidden).toBe(true);
});

test('a transaction leads to its way through the bank, also where its time is not known', async () => {
  await list([transaction(3), { ...transaction(2), at: null }]);
  const links = [...document.querySelectorAll('#transactions a')];
  expect(links.map((link) => link.getAttribute('href'))).toEqual([
    '/flow/transfer/3',
    '/flow/transfer/2',
  ]);
  for (const link of links) expect(link.textContent.trim()).not.toBe('');
});

test('only what came live fades in', async () => {
  const { container, arrive } = await list(several(3));
  const fresh = () =>
    Array.from(container.querySelectorAll('.fresh [id^="transaction-box-"]'), ({ id }) => id);
  expect(fresh()).toEqual([]);
  await arrive(transaction(4));
  expect(fresh()).toEqual(['transaction-box-4']);
});

test('an empty list says so', async () => {
  const { container } = await list([]);
  expect(container.textContent).toContain('No transactions yet');
});
