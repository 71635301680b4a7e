/** Drives the pages by nothing but the contract's selectors, in the order of the benchmark's interactions. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bank, COMPANY } from './fixture/bank.mjs';
import { launchBrowser, until, visitor } from './fixture/browser.mjs';
import { depositButton, LOGIN, MENU, NEWEST_AMOUNT, TRANSFER } from './fixture/selectors.mjs';

/** Milliseconds after which the benchmark counts a time-out. */
const INTERACTION_MS = 5000;

const DEPOSITS = /** @type {const} */ ([
  [1000, '€10,00'],
  [2000, '€20,00'],
  [5000, '€50,00'],
  [10000, '€100,00'],
  [20000, '€200,00'],
]);

const TRANSFERS = /** @type {const} */ ([
  ['1111', 'foo', '€11,11'],
  ['2323', 'bar', '€23,23'],
  ['3489', 'baz', '€34,89'],
  ['9999', 'present', '€99,99'],
  ['21078', 'fine', '€210,78'],
]);

const LOOPS = 2;

/** @type {import('playwright-core').Browser} */
let browser;
const bank = new Bank();
before(async () => {
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  await bank.close();
});

test('the benchmark finds its way', async (t) => {
  const { page, faults } = await visitor(browser);
  const first = (/** @type {string} */ selector) => page.locator(`css=${selector}`).first();
  /** Typing goes key by key, and ends with Enter. */
  const type = async (/** @type {string} */ selector, /** @type {string} */ text) => {
    await first(selector).fill('');
    await first(selector).pressSequentially(text);
    await first(selector).press('Enter');
  };
  /** @param {string} amount */
  const shows = (amount) =>
    until(
      `the newest amount is ${amount}`,
      async () => (await first(NEWEST_AMOUNT).textContent({ timeout: INTERACTION_MS })) === amount,
      INTERACTION_MS,
    );

  const { iban } = await bank.newAccount('testuser');
  const before = await bank.transactions(iban);

  await page.goto('/');
  for (const [selector, path] of /** @type {const} */ ([
    [MENU.bankEmployee, '/bank-employee'],
    [MENU.background, '/background'],
    [MENU.client, '/client'],
  ])) {
    await first(selector).click();
    await page.waitForURL(`**${path}`);
  }

  await t.test('Enter does not log in; a click does', async () => {
    await type(LOGIN.username, 'testuser');
    await type(LOGIN.password, 'password');
    assert.equal(await first(LOGIN.username).inputValue(), 'testuser');
    assert.equal(await page.locator(depositButton(1000)).count(), 0);
    await first(LOGIN.button).click();
    await first(depositButton(1000)).waitFor({ timeout: INTERACTION_MS });
  });

  for (let loop = 1; loop <= LOOPS; loop++) {
    for (const [cents, amount] of DEPOSITS) {
      await t.test(`loop ${loop}: deposit ${cents}`, async () => {
        await first(depositButton(cents)).click();
        await shows(amount);
      });
    }
    for (const [digits, description, amount] of TRANSFERS) {
      await t.test(`loop ${loop}: transfer ${digits} ${description}`, async () => {
        await type(TRANSFER.amount, digits);
        await type(TRANSFER.to, COMPANY);
        await type(TRANSFER.description, description);
        // A form that had sent something would be empty.
        assert.equal(await first(TRANSFER.description).inputValue(), description);
        await first(TRANSFER.button).click();
        await shows(amount);
      });
    }
  }
  const sent = LOOPS * (DEPOSITS.length + TRANSFERS.length);
  assert.equal((await bank.transactions(iban)).length - before.length, sent, 'Enter sent nothing');
  assert.deepEqual(faults, []);
});
