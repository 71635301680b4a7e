/**
 * Pictures of every page, narrow and wide, light and dark.
 *
 *   npm run screenshots -- [--to FOLDER]
 *
 * BANK_URL is the bank's (default http://localhost:8181). The folder is `screenshots` if not given; files are named page-width-colours.png.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bank, COMPANY } from './fixture/bank.mjs';
import { launchBrowser, visitor } from './fixture/browser.mjs';
import { logIn } from './fixture/client.mjs';
import { VIEWS } from './fixture/views.mjs';

const { values } = parseArgs({ options: { to: { type: 'string', default: 'screenshots' } } });

const SIZES = [
  { width: 360, height: 740 },
  { width: 1920, height: 1080 },
];
const COLOURS = /** @type {const} */ (['light', 'dark']);
/** Fades end, streams bring something. */
const SETTLE_MS = 1500;

const bank = new Bank();
const account = await bank.newAccount('anna.jansen');
await bank.deposit(account, 150_000, 'first savings');
await bank.transfer({
  token: account.token,
  amount: 1234,
  from: account.iban,
  to: COMPANY,
  descr: 'present',
});
const browser = await launchBrowser();
try {
  await mkdir(values.to, { recursive: true });
  for (const viewport of SIZES)
    for (const colorScheme of COLOURS) {
      const { page } = await visitor(browser, { viewport, colorScheme });
      const take = async (/** @type {string} */ name) => {
        await page.waitForTimeout(SETTLE_MS);
        const path = join(values.to, `${name}-${viewport.width}-${colorScheme}.png`);
        await page.screenshot({ path });
        console.log(path);
      };
      for (const { name, open } of VIEWS) {
        await open(page, bank);
        await take(name);
      }
      await logIn(page, account);
      await take('client-logged-in');
      await page.context().close();
    }
} finally {
  await browser.close();
  await bank.close();
}
