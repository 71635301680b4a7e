/** The flow page: what flows, what is down, the records of a topic, and one transfer's way, on the real cluster. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { Bank, COMPANY, part } from './fixture/bank.mjs';
import { launchBrowser, leaveAll, until, visitor } from './fixture/browser.mjs';
import { faintTexts } from './fixture/look.mjs';
import { pace, setPace } from './fixture/pace.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('playwright-core').Browser} */
let browser;
const bank = new Bank();
/** @type {import('./fixture/pace.mjs').Pace} */
let paceBefore;
before(async () => {
  paceBefore = await pace();
  await setPace({ batch_size: 5, sleep_time_ms: 500 });
  browser = await launchBrowser();
});
afterEach(leaveAll);
after(async () => {
  await setPace(paceBefore);
  await browser.close();
  await bank.close();
});

const SERVICES = ['heartbeat', 'command-generator', 'command-handler', 'graphql-endpoint'];
const TOPICS = [
  'heartbeat',
  'confirm_account_creation',
  'account_creation_confirmed',
  'account_creation_failed',
  'confirm_money_transfer',
  'money_transfer_confirmed',
  'money_transfer_failed',
  'balance_changed',
];

/** @param {Page} page @param {string} name */
const service = (page, name) => page.locator(`svg a.service[href*="service=${name}"]`);

/** How many records a topic has, as drawn. @param {Page} page @param {string} name */
async function records(page, name) {
  const text = await page.locator(`svg a[href="/flow/topic/${name}"]`).textContent();
  return Number(/([\d,.]+) records/.exec(text ?? '')?.[1]?.replace(/\D/g, '') ?? Number.NaN);
}

test('services and topics are drawn, and what flows is counted', async () => {
  const { page, faults } = await visitor(browser);
  await page.goto('/flow');
  for (const name of SERVICES)
    await page.locator(`svg a.service.up[href*="service=${name}"]`).waitFor();
  for (const name of TOPICS) {
    const count = await until(`${name} is counted`, async () => {
      const found = await records(page, name);
      return Number.isFinite(found) && { found };
    });
    assert.ok(count.found >= 0, name);
  }
  for (const name of ['heartbeat', 'confirm_money_transfer', 'balance_changed']) {
    const before = await records(page, name);
    await until(`${name} grows`, async () => (await records(page, name)) > before);
  }
  assert.deepEqual(faults, []);
});

test('what is down is drawn so, and said, and up again when it is', async () => {
  const { page } = await visitor(browser);
  await page.goto('/flow');
  await page.locator('svg a.service.up[href*="service=command-generator"]').waitFor();
  await part('kill', 'command-generator');
  try {
    await page.locator('svg a.service.down[href*="service=command-generator"]').waitFor();
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      assert.deepEqual((await faintTexts(page)).faint, [], colorScheme);
    }
    const said = (await page.locator('[role="status"]').allTextContents()).join();
    assert.match(said, /command-generator/);
  } finally {
    await part('start', 'command-generator');
  }
  await page.locator('svg a.service.up[href*="service=command-generator"]').waitFor();
  await service(page, 'command-generator').click();
  await page.waitForURL('**/flow?service=command-generator');
});

test('a topic shows its records, decoded, and never a token', async () => {
  const account = await bank.newAccount();
  const uuid = randomUUID();
  await bank.deposit(account, 5000);
  const { page, faults } = await visitor(browser);
  /** @type {string[]} */
  const received = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => received.push(`${payload}`)),
  );
  await page.goto('/flow');
  await page.locator('svg a[href="/flow/topic/confirm_money_transfer"]').click();
  await page.waitForURL('**/flow/topic/confirm_money_transfer');
  await page.locator('ol li').first().waitFor();
  const { success } = await bank.transfer({
    uuid,
    token: account.token,
    amount: 1111,
    from: account.iban,
    to: COMPANY,
    descr: 'seen in a topic',
  });
  assert.equal(success, true);
  const item = page.locator('ol li', { hasText: uuid });
  await item.waitFor();
  const text = (await item.textContent()) ?? '';
  for (const part of [
    'ConfirmMoneyTransfer',
    account.iban,
    '1111',
    'seen in a topic',
    'traceparent',
  ])
    assert.ok(text.includes(part), `${part} in ${text}`);
  assert.match(text, /\bp(artition)?\b.*\d/i);
  // Those of account creation carry the token of a new account.
  const newcomer = await bank.newAccount();
  await page.goto('/flow/topic/account_creation_confirmed');
  await page.locator('ol li', { hasText: newcomer.iban }).waitFor();
  assert.ok(received.some((frame) => frame.includes(newcomer.iban)));
  for (const { token } of [account, newcomer]) {
    assert.ok(!received.some((frame) => frame.includes(token)), 'no token comes to the browser');
    assert.ok(!(await page.content()).includes(token));
  }
  assert.deepEqual(faults, []);
});

test('a transfer’s way is shown hop by hop', async () => {
  const account = await bank.newAccount();
  await bank.deposit(account, 5000);
  const [transaction] = await bank.transactions(account.iban);
  const { page, faults } = await visitor(browser);
  await page.goto('/flow');
  await page.locator('#transfer-id').fill(`${transaction?.id}`);
  await page.locator('#transfer-id').press('Enter');
  await page.waitForURL(`**/flow/transfer/${transaction?.id}`);
  for (const hop of ['produced', 'decided', 'published', 'projected', 'delivered'])
    await page.locator(`.waterfall li.${hop}:not(.unknown)`).first().waitFor();
  const summary = (await page.locator('main').textContent()) ?? '';
  assert.ok(summary.includes('€50,00'));
  for (const topic of ['confirm_money_transfer', 'money_transfer_confirmed', 'balance_changed'])
    assert.ok(summary.includes(topic), topic);
  assert.deepEqual(faults, []);
});

test('a change of a balance leads to the way of its transfer, which its record does not name', async () => {
  const account = await bank.newAccount();
  const uuid = randomUUID();
  const { page, faults } = await visitor(browser);
  await page.goto(`/flow/topic/balance_changed?text=${account.iban}`);
  await page.locator('.counts, .empty').first().waitFor();
  const cash = { token: 'cash', from: 'cash', to: account.iban };
  await bank.transfer({ ...cash, uuid, amount: 4321, descr: 'by its change' });
  const item = page.locator('ol li', { hasText: account.iban });
  await item.waitFor();
  assert.ok(!((await item.textContent()) ?? '').includes(uuid));
  await item.locator('a.journey').click();
  await page.waitForURL(/\/flow\/transfer\/event-\d+\?around=\d+$/);
  for (const hop of ['requested', 'produced', 'decided', 'published', 'projected', 'delivered'])
    await page.locator(`.waterfall li.${hop}:not(.unknown)`).first().waitFor();
  const summary = (await page.locator('main').textContent()) ?? '';
  for (const part of [uuid, '€43,21', 'by its change']) assert.ok(summary.includes(part), part);
  await page.goBack();
  await page.waitForURL(`**/flow/topic/balance_changed?text=${account.iban}`);
  await item.waitFor();
  assert.deepEqual(faults, []);
});

test('a topic’s records go on after the broker was down, without a gap', async () => {
  const account = await bank.newAccount();
  const { page } = await visitor(browser);
  await page.goto(`/flow/topic/balance_changed?text=${account.iban}`);
  const deposit = (/** @type {number} */ amount) => bank.deposit(account, amount, `of ${amount}`);
  const shown = (/** @type {number} */ amount) =>
    page.locator('ol li', { hasText: `of ${amount}` }).waitFor();
  await page.locator('.counts, .empty').first().waitFor();
  // The page holds the newest fifty records, and what is made up meanwhile would push ours out.
  const made = await pace();
  await setPace({ batch_size: 0 });
  try {
    await deposit(1001);
    await shown(1001);
    await part('kill', 'kafka-1');
    try {
      await page.locator('.notice.is-error').waitFor();
    } finally {
      await part('start', 'kafka-1');
    }
    await page.locator('.notice.is-error').waitFor({ state: 'detached' });
    for (const amount of [1002, 1003]) await deposit(amount);
    for (const amount of [1002, 1003, 1001]) await shown(amount);
    assert.equal(await page.locator('ol li').count(), 3, 'each once');
  } finally {
    await setPace(made);
  }
});

test('what names no transfer is said to', async () => {
  const { page, faults } = await visitor(browser);
  await page.goto('/flow');
  await page.locator('#transfer-id').fill('nonsense');
  await page.locator('#transfer-id').press('Enter');
  await page.locator('#transfer-id-wrong').waitFor();
  await page.goto('/flow/topic/no_such_topic');
  await page.locator('main a[href="/flow/topic/balance_changed"]').waitFor();
  assert.deepEqual(faults, []);
});
