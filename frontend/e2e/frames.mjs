/**
 * Whether the pages keep up while thousands a second are booked on the company account: frames a second, the longest, and how many
 * transactions each page says that it passed over.
 *
 *   npm run frames -- [--rate 3000] [--seconds 20] [--accounts 100] [--to FOLDER]
 *
 * BANK_URL is the bank's (default http://localhost:8181), which must have that many accounts; scripts/benchmark.sh loads it. With
 * `--to`, pictures are taken in the midst of it.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { BANK_URL } from './fixture/bank.mjs';
import { launchBrowser, visitor } from './fixture/browser.mjs';
import { pace, setPace } from './fixture/pace.mjs';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '3000' },
    seconds: { type: 'string', default: '20' },
    accounts: { type: 'string', default: '100' },
    to: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

/** The benchmark asks all accounts first, and warms up; then it is measured. */
const BEFORE_MS = 3_000;

const PAGES = [
  { name: 'home', path: '/', shows: '#transactions [id^="transaction-box-"]' },
  { name: 'flow', path: '/flow', shows: 'svg a.service.up' },
];

/** Runs in the page: counts frames until it is asked. */
function count() {
  const told = { frames: 0, longestMs: 0, since: performance.now() };
  let last = told.since;
  const turn = () => {
    const now = performance.now();
    told.frames++;
    told.longestMs = Math.max(told.longestMs, now - last);
    last = now;
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
  Object.assign(window, { frames: told });
}

function load() {
  const program = new URL('../../scripts/benchmark.sh', import.meta.url).pathname;
  const flags = ['--mode', 'open', '--hot', '1', '--rate', values.rate, '--seconds', `${seconds}`];
  const offset = `${Number(new URL(BANK_URL).port) - 8181}`;
  const env = { ...process.env, BANK_PORT_OFFSET: process.env.BANK_PORT_OFFSET ?? offset };
  return promisify(execFile)(program, ['commands', ...flags, '--accounts', values.accounts], {
    env,
  });
}

/** @param {import('playwright-core').Page} page */
const skippedIn = async (page) =>
  (await page.locator('[data-skipped]').count()) === 0
    ? null
    : page.locator('[data-skipped]').first().textContent();

const before = await pace();
const browser = await launchBrowser();
try {
  await setPace({ batch_size: 0 });
  const visits = [];
  for (const { name, path, shows } of PAGES) {
    const { page, faults } = await visitor(browser, { viewport: { width: 1280, height: 800 } });
    await page.goto(path);
    await page.locator(shows).first().waitFor();
    visits.push({ name, page, faults });
  }
  const loading = load();
  loading.catch(() => undefined);
  const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(BEFORE_MS);
  for (const { page } of visits) await page.evaluate(count);
  await wait((seconds - BEFORE_MS / 1000) * 1000);
  for (const { name, page, faults } of visits) {
    const { perSecond, longestMs } = await page.evaluate(() => {
      const { frames, longestMs, since } = /** @type {any} */ (window).frames;
      return { perSecond: (frames * 1000) / (performance.now() - since), longestMs };
    });
    const skipped = (await skippedIn(page))?.trim().replace(/\s+/g, ' ');
    console.log(
      `${name}: ${perSecond.toFixed(0)} frames a second, the longest ${longestMs.toFixed(0)} ms; ${skipped ?? 'nothing passed over'}`,
    );
    if (faults.length > 0) console.log(faults.join('\n'));
  }
  if (values.to) {
    await mkdir(values.to, { recursive: true });
    for (const { name, page } of visits)
      await page.screenshot({ path: join(values.to, `${name}-under-load.png`) });
  }
  console.log((await loading).stdout);
} finally {
  await browser.close();
  await setPace(before);
}
