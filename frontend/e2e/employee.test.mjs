/** What an employee of the bank sees: every account, page by page, found by a part of its number, and one of them followed. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Bank } from './fixture/bank.mjs';
import { launchBrowser, leaveAll, until, visitor } from './fixture/browser.mjs';
import { newestIs, shownIds } from './fixture/client.mjs';
import { violations } from './fixture/look.mjs';

const ROW = 'tbody th a[href^="/bank-employee/"]';
/** More than two pages of 25. */
const ACCOUNTS = 55;

/** @type {import('playwright-core').Browser} */
let browser;
const bank = new Bank();
before(async () => {
  browser = await launchBrowser();
  const { accounts } = await bank.first('{ accounts(first: 100) { edges { node { iban } } } }');
  for (let missing = ACCOUNTS - accounts.edges.length; missing > 0; missing--)
    await bank.newAccount();
});
afterEach(leaveAll);
after(async () => {
  await browser.close();
  await bank.close();
});

/** @param {import('playwright-core').Page} page */
const ibans = (page) =>
  page
    .locator(ROW)
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')?.slice(15) ?? ''));

test('page by page, each account once, and back again', async () => {
  const { page, faults } = await visitor(browser);
  await page.goto('/bank-employee');
  await page.locator(ROW).first().waitFor();
  const first = await ibans(page);
  const seen = [...first];
  const next = page.locator('#next-page');
  let pages = 1;
  for (; pages < 20 && (await next.count()) > 0; pages++) {
    const last = seen.at(-1);
    await next.click();
    await until(
      'another page',
      async () => (await ibans(page))[0] !== first[0] && !(await ibans(page)).includes(`${last}`),
    );
    seen.push(...(await ibans(page)));
  }
  assert.equal(new Set(seen).size, seen.length, 'none twice');
  assert.ok(seen.length >= ACCOUNTS, `${seen.length} accounts`);
  const serial = (/** @type {string} */ iban) => iban.slice(-10);
  assert.deepEqual(seen.map(serial), seen.map(serial).toSorted());
  // The address of a page is enough, and back leads back.
  const lastPage = await ibans(page);
  await page.reload();
  await until('the same page', async () => `${await ibans(page)}` === `${lastPage}`);
  for (let back = 1; back < pages; back++) await page.goBack();
  await until('the first page', async () => `${await ibans(page)}` === `${first}`);
  assert.deepEqual(faults, []);
});

test('an account is found by its number, and followed live', async () => {
  const account = await bank.newAccount();
  await bank.deposit(account, 4200);
  const { page, faults } = await visitor(browser);
  await page.goto('/bank-employee');
  await page.locator('#search').fill(account.iban.toLowerCase().replace(/(....)/g, '$1 '));
  await until('one row', async () => `${await ibans(page)}` === account.iban);
  await page.reload();
  await until('one row again', async () => `${await ibans(page)}` === account.iban);
  assert.match((await page.locator('tbody tr').textContent()) ?? '', /€42,00/);
  await page.locator(ROW).click();
  await page.waitForURL(`**/bank-employee/${account.iban}`);
  await newestIs(page, '€42,00');
  await bank.deposit(account, 1700);
  await newestIs(page, '€17,00');
  assert.equal((await shownIds(page)).length, 2);
  assert.deepEqual(faults, []);
});

test('what can be no number, and a number that nobody has, are said to be so', async () => {
  const { page, faults } = await visitor(browser);
  await page.goto('/bank-employee?search=NL00OPEN0999999999');
  await page.locator('main .empty').waitFor();
  await page.locator('#search').fill('Jan & co?');
  await page.locator('#search-note.refusal').waitFor();
  assert.deepEqual(await violations(page), []);
  await page.goto('/bank-employee/NL00OPEN0999999999');
  await page.locator('main h1').waitFor();
  assert.equal((await shownIds(page)).length, 0);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(faults, []);
});
