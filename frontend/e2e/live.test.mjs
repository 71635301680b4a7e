/** What streams by: more than can be followed, and over a time in which the endpoint was gone. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Bank, BANK_URL, COMPANY, part } from './fixture/bank.mjs';
import { launchBrowser, leaveAll, until, visitor } from './fixture/browser.mjs';
import { logIn, newestIs, shownIds } from './fixture/client.mjs';
import { pace, setPace } from './fixture/pace.mjs';
import { depositButton, maxItemsButton, TRANSACTION_BOX } from './fixture/selectors.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('./fixture/pace.mjs').Pace} */
let paceBefore;
before(async () => {
  paceBefore = await pace();
  browser = await launchBrowser();
});
afterEach(leaveAll);
after(async () => {
  await setPace(paceBefore);
  await browser.close();
});

const CONNECTED = '#connection-state[data-phase="connected"]';

/**
 * Notes from now on how long nothing else could run in a page.
 * @param {import('playwright-core').Page} page
 */
const watchSleep = (page) =>
  page.evaluate(() => {
    const told = { longestMs: 0 };
    Object.assign(window, { sleep: told });
    let lastMs = performance.now();
    const turn = () => {
      const nowMs = performance.now();
      told.longestMs = Math.max(told.longestMs, nowMs - lastMs);
      lastMs = nowMs;
      setTimeout(turn);
    };
    turn();
  });

/** @param {import('playwright-core').Page} page @returns {Promise<number>} */
const longestSleepMs = (page) => page.evaluate(() => /** @type {any} */ (window).sleep.longestMs);

test('300 rapid transactions leave the page awake, and it says how many it did not show', async () => {
  const RAPID = 300;
  // A tenth of it where nothing else runs; CI's machine is busy.
  const LONGEST_SLEEP_MS = 2000;
  const banks = Array.from({ length: 4 }, () => new Bank());
  const [bank] = /** @type {[Bank]} */ (banks);
  const account = await bank.newAccount();
  const { page, faults } = await visitor(browser);
  await logIn(page, account);
  await page.locator(maxItemsButton(5)).click();
  // What a busy machine does to a page that does nothing is not this page's fault.
  const idle = await visitor(browser);
  for (const each of [page, idle.page]) await watchSleep(each);
  const sent = Array.from({ length: RAPID }, (_, index) =>
    banks[index % banks.length]?.deposit(account, 100 + index),
  );
  await Promise.all(sent);
  const all = await until('all are booked', async () => {
    const found = await bank.transactions(account.iban);
    return found.length === RAPID && found;
  });
  const newest = all.slice(0, 5).map(({ id }) => id);
  await until(
    'the newest are shown',
    async () => JSON.stringify(await shownIds(page)) === JSON.stringify(newest),
  );
  const [sleptMs, idleMs] = [await longestSleepMs(page), await longestSleepMs(idle.page)];
  assert.ok(
    sleptMs < idleMs + LONGEST_SLEEP_MS,
    `nothing ran for ${sleptMs} ms, in a page that does nothing ${idleMs} ms`,
  );
  const skipped = Number(await page.locator('[data-skipped]').getAttribute('data-skipped'));
  assert.ok(skipped > 0 && skipped <= RAPID - newest.length, `${skipped} skipped`);
  assert.ok((await page.locator('[data-skipped]').textContent())?.includes(`${skipped}`));
  // It still answers.
  await page.locator(depositButton(50_000)).click();
  await newestIs(page, '€500,00');
  assert.deepEqual(faults, []);
  await Promise.all(banks.map((one) => one.close()));
});

test('the endpoint is killed and comes back: nothing is missing, nothing is there twice', async () => {
  const bank = new Bank();
  const account = await bank.newAccount();
  await bank.close();
  await setPace({ batch_size: 5, sleep_time_ms: 200 });
  const company = await visitor(browser);
  await company.page.goto(`/bank-employee/${COMPANY}`);
  await company.page.locator(TRANSACTION_BOX).first().waitFor();
  await company.page.locator(maxItemsButton(250)).click();
  const client = await visitor(browser);
  await logIn(client.page, account);
  const countBefore = (await shownIds(company.page)).length;

  await part('kill', 'graphql-endpoint');
  try {
    for (const { page } of [company, client])
      await page.locator('#connection-state[data-phase="waiting"]').waitFor();
    // The pages themselves are still served, and say what is wrong.
    const { page } = await visitor(browser);
    await page.goto('/');
    await page.locator('#connection-state:not([data-phase="connected"])').waitFor();
    await page.context().close();
    const answer = await fetch(`${BANK_URL}/graphql`);
    assert.equal(answer.status, 502);
    assert.match(await answer.text(), /graphql-endpoint/);
    // What is asked for meanwhile waits.
    await client.page.locator(depositButton(2000)).click();
    await client.page.locator('li[data-uuid]').first().waitFor();
  } finally {
    await part('start', 'graphql-endpoint');
  }

  for (const { page } of [company, client]) await page.locator(CONNECTED).waitFor();
  await newestIs(client.page, '€20,00');
  await client.page.locator('li[data-uuid].done').waitFor();
  // Some that came by the new connection.
  await until(
    'transactions stream again',
    async () => (await shownIds(company.page)).length > countBefore || countBefore >= 250,
  );
  await setPace({ batch_size: 0 });

  const again = new Bank();
  assert.equal((await again.transactions(account.iban)).length, 1);
  await until('the page shows what the bank has', async () => {
    const wanted = (await again.transactions(COMPANY)).slice(0, 250).map(({ id }) => id);
    return JSON.stringify(await shownIds(company.page)) === JSON.stringify(wanted);
  });
  await again.close();
});
