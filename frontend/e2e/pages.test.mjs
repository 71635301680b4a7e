/** Every page, whoever looks at it: nothing goes wrong in it, axe finds nothing, it fits any screen, speaks Dutch, and its address is enough. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Bank } from './fixture/bank.mjs';
import { launchBrowser, leaveAll, visitor } from './fixture/browser.mjs';
import { logIn } from './fixture/client.mjs';
import { faintTexts, sticksOut, violations } from './fixture/look.mjs';
import { MENU } from './fixture/selectors.mjs';
import { VIEWS } from './fixture/views.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('playwright-core').Browser} */
let browser;
const bank = new Bank();
/** @type {import('./fixture/bank.mjs').Account} */
let customer;
before(async () => {
  browser = await launchBrowser();
  customer = await bank.newAccount();
  await bank.deposit(customer, 150_000, 'savings');
});
afterEach(leaveAll);
after(async () => {
  await browser.close();
  await bank.close();
});

/** Those with an address, and the client's after logging in. */
const LOOKS = [
  ...VIEWS.map(({ name, open }) => ({
    name,
    open: (/** @type {Page} */ page) => open(page, bank),
  })),
  { name: 'client, logged in', open: (/** @type {Page} */ page) => logIn(page, customer) },
];

const SCREENS = [
  { name: 'narrow', viewport: { width: 360, height: 740 } },
  { name: 'common', viewport: { width: 1280, height: 800 } },
  { name: '4k', viewport: { width: 3840, height: 2160 } },
];

for (const { name: screen, viewport } of SCREENS)
  describe(`on a ${screen} screen`, () => {
    for (const { name, open } of LOOKS)
      test(`${name} fits, and nothing goes wrong in it`, async () => {
        const { page, faults } = await visitor(browser, { viewport });
        await open(page);
        assert.deepEqual(await sticksOut(page), []);
        assert.deepEqual(faults, []);
      });
  });

for (const colorScheme of /** @type {const} */ (['light', 'dark']))
  describe(`in ${colorScheme}`, () => {
    for (const { name, open } of LOOKS)
      test(`axe finds nothing in ${name}`, async () => {
        const { page } = await visitor(browser, { colorScheme, reducedMotion: 'reduce' });
        await open(page);
        assert.deepEqual(await violations(page), []);
      });
  });

// Those of the narrow drawing are others.
for (const colorScheme of /** @type {const} */ (['light', 'dark']))
  for (const { name: screen, viewport } of SCREENS.slice(0, 2))
    for (const drawn of ['background', 'flow'])
      test(`the texts drawn in ${drawn} stand out, ${screen} and ${colorScheme}`, async () => {
        const look = { viewport, colorScheme, reducedMotion: /** @type {const} */ ('reduce') };
        const { page } = await visitor(browser, look);
        await LOOKS.find(({ name }) => name === drawn)?.open(page);
        const { count, faint } = await faintTexts(page);
        assert.ok(count > 0, 'there is no text');
        assert.deepEqual(faint, []);
      });

test('dark is dark', async () => {
  const brightness = async (/** @type {'light' | 'dark'} */ colorScheme) => {
    const { page } = await visitor(browser, { colorScheme });
    await page.goto('/');
    // The canvas has the colour of the root, or of the body where the root has none.
    const colour = await page.evaluate(() => {
      const colours = [document.documentElement, document.body].map(
        (element) => getComputedStyle(element).backgroundColor,
      );
      return colours.find((each) => each !== 'rgba(0, 0, 0, 0)') ?? '';
    });
    await page.context().close();
    assert.match(colour, /^rgb/);
    const [red = 0, green = 0, blue = 0] = colour.match(/[\d.]+/g)?.map(Number) ?? [];
    return red + green + blue;
  };
  assert.ok((await brightness('dark')) < 3 * 60);
  assert.ok((await brightness('light')) > 3 * 200);
});

describe('in Dutch', () => {
  for (const { name, open } of VIEWS)
    test(`${name} has other words, and the same ids`, async () => {
      const { page, faults } = await visitor(browser);
      const ids = () =>
        page
          .locator('[id]')
          .evaluateAll((elements) =>
            elements.map(({ id }) => id).filter((id) => !id.startsWith('transaction-box-')),
          );
      const words = async () =>
        (await page.locator('main').locator('h1, h2, label').allTextContents()).join('\n');
      await open(page, bank, { lang: 'en' });
      const english = { ids: await ids(), words: await words() };
      await open(page, bank, { lang: 'nl' });
      assert.equal(await page.locator('html').getAttribute('lang'), 'nl');
      assert.deepEqual(await ids(), english.ids);
      assert.notEqual(await words(), english.words);
      assert.deepEqual(faults, []);
    });

  test('the choice stays over visits, and is the browser’s own at first', async () => {
    const { page } = await visitor(browser, { locale: 'nl-NL' });
    const language = () => page.locator('html').getAttribute('lang');
    await page.goto('/');
    assert.equal(await language(), 'nl');
    await page.goto('/?lang=en');
    await page.goto('/client');
    assert.equal(await language(), 'en');
  });
});

describe('addresses', () => {
  test('the menu leads to pages, and back leads back', async () => {
    const { page } = await visitor(browser);
    await page.goto('/');
    for (const [selector, path] of /** @type {const} */ ([
      [MENU.bankEmployee, '/bank-employee'],
      [MENU.client, '/client'],
      [MENU.background, '/background'],
    ])) {
      await page.locator(selector).first().click();
      await page.waitForURL(`**${path}`);
      assert.equal(await page.locator('[aria-current="page"]').first().getAttribute('href'), path);
    }
    // A page has its title when its code is there, a moment after its address.
    const titled = (/** @type {string} */ name) =>
      page.waitForFunction((word) => document.title.startsWith(word), name);
    await titled('Background');
    await page.goBack();
    await page.waitForURL('**/client');
    await page.locator('#login-form').waitFor();
    await titled('Client');
    await page.goBack();
    await page.waitForURL('**/bank-employee');
    await page.goForward();
    await page.locator('#login-form').waitFor();
  });

  test('each page has a title of its own', async () => {
    const { page } = await visitor(browser);
    const titles = [];
    for (const { open } of VIEWS) {
      await open(page, bank);
      titles.push(await page.title());
    }
    assert.equal(new Set(titles).size, VIEWS.length, titles.join('; '));
  });

  test('where there is no page, that is said', async () => {
    const { page, faults } = await visitor(browser);
    await page.goto('/nowhere/at-all');
    await page.locator('h1').waitFor();
    assert.equal(await page.locator('#login-form, #transactions').count(), 0);
    assert.match((await page.locator('main').textContent()) ?? '', /no page/i);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(faults, []);
  });
});
