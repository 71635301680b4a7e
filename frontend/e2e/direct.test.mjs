/** Pages that are told to talk to the endpoint on its own port, as a browser of another origin. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { BANK_URL, part } from './fixture/bank.mjs';
import { launchBrowser, visitor } from './fixture/browser.mjs';
import { logIn, newestIs } from './fixture/client.mjs';
import { depositButton } from './fixture/selectors.mjs';

/** From the port of the pages to that of the endpoint. */
const FROM_PAGES = 8888 - 8181;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => {
  browser = await launchBrowser();
  await part('restart', 'pages', { BANK_PAGES_ENDPOINT: 'direct' });
});
after(async () => {
  await part('restart', 'pages');
  await browser.close();
});

test('money moves without nginx in between, and the policy lets it', async () => {
  const { page, faults } = await visitor(browser);
  /** @type {string[]} */
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await logIn(page, { username: `direct-${randomUUID()}`, password: 'password' });
  await page.locator(depositButton(5000)).click();
  await newestIs(page, '€50,00');
  const port = Number(new URL(BANK_URL).port) + FROM_PAGES;
  assert.deepEqual([...new Set(sockets)], [`ws://localhost:${port}/graphql-ws`]);
  const { headers } = await fetch(BANK_URL);
  assert.match(
    `${headers.get('content-security-policy')}`,
    new RegExp(`connect-src 'self' http://localhost:${port} ws://localhost:${port};`),
  );
  assert.deepEqual(faults, []);
});
