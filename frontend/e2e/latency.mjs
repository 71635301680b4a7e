/**
 * How long it takes, in a browser, from a click on a deposit button to the new amount in the page, on a bank where nothing else happens, and where that time goes; and how
 * long from a cold load to the first transaction. Everything is measured inside the page, by one clock.
 *
 *   npm run latency -- [--interactions 200] [--cold-loads 20] [--json FILE]
 *
 * BANK_URL is the bank's (default http://localhost:8181). Its pace is set to no made-up customers meanwhile, and put back.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Bank, BANK_URL } from './fixture/bank.mjs';
import { launchBrowser, visitor } from './fixture/browser.mjs';
import { logIn } from './fixture/client.mjs';
import { pace, setPace } from './fixture/pace.mjs';
import { depositButton, NEWEST_AMOUNT, TRANSACTION_BOX } from './fixture/selectors.mjs';

const { values } = parseArgs({
  options: {
    interactions: { type: 'string', default: '200' },
    'cold-loads': { type: 'string', default: '20' },
    json: { type: 'string' },
  },
});
const interactions = Number(values.interactions);
const coldLoads = Number(values['cold-loads']);
if (!(interactions >= 1 && interactions <= 10_000 && coldLoads >= 1 && coldLoads <= 1000))
  throw new Error('--interactions takes 1 to 10000, --cold-loads 1 to 1000');

/** Interactions before those that count: the first ones meet scripts and connections that are not warm yet. */
const WARM_UP = 10;
/** Between two interactions, so that each finds everything idle. Not a multiple of a frame's time. */
const REST_MS = 53;
const TIMEOUT_MS = 5000;

/**
 * Milliseconds in the page's clock of what one click led to.
 * @typedef {{ click: number, sent: number, result: number, transaction: number, shown: number, painted: number }} Interaction
 */

/**
 * Runs in the page, before its own scripts: notes when frames go out and come in, when a box is first seen, and offers `interact`.
 * @param {{ newest: string, box: string, timeoutMs: number }} told
 */
function watch({ newest, box, timeoutMs }) {
  /** @type {Partial<Interaction>} */
  let marks = {};
  const note = (/** @type {keyof Interaction} */ what) => {
    marks[what] ??= performance.now();
  };

  window.WebSocket = class extends WebSocket {
    /** @param {string | URL} url @param {string | string[]} [protocols] */
    constructor(url, protocols) {
      super(url, protocols);
      // Registered before the page's own listener, so called before it.
      this.addEventListener('message', ({ data }) => {
        const text = `${data}`;
        if (text.includes('"money_transfer":')) note('result');
        else if (text.includes('"stream_transactions":')) note('transaction');
      });
    }
    /** @override @param {string | Blob | BufferSource} data */
    send(data) {
      if (`${data}`.includes('money_transfer')) note('sent');
      super.send(data);
    }
  };

  const told = {
    /** When the first transaction was in the page, and on the screen, since the navigation began. */
    first: { shown: 0, painted: 0 },
    /** @param {string} button @param {string} amount @returns {Promise<Interaction>} */
    interact: (button, amount) =>
      new Promise((resolve, reject) => {
        marks = {};
        const list = document.querySelector('#transactions')?.parentElement;
        const before = document.querySelector(box)?.id;
        const timer = setTimeout(() => reject(new Error(`${amount} was not shown`)), timeoutMs);
        const observer = new MutationObserver(() => {
          if (document.querySelector(newest)?.textContent !== amount) return;
          if (document.querySelector(box)?.id === before) return;
          note('shown');
          observer.disconnect();
          requestAnimationFrame(() => setTimeout(() => note('painted')));
          const done = () => {
            if (!marks.result || !marks.painted) return setTimeout(done, 5);
            clearTimeout(timer);
            resolve(/** @type {Interaction} */ (marks));
          };
          done();
        });
        observer.observe(list ?? document.body, {
          subtree: true,
          childList: true,
          characterData: true,
        });
        document.querySelector(button)?.addEventListener(
          'click',
          (event) => {
            // When the browser had the input, which is before scripts are told of it.
            marks.click = event.timeStamp;
          },
          { capture: true, once: true },
        );
      }),
  };
  Object.assign(window, { latency: told });

  const observer = new MutationObserver(() => {
    if (!document.querySelector(box)) return;
    told.first.shown = performance.now();
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (told.first.painted = performance.now())));
  });
  observer.observe(document, { subtree: true, childList: true });
}

const WATCH = { newest: NEWEST_AMOUNT, box: TRANSACTION_BOX, timeoutMs: TIMEOUT_MS };

/** @param {number[]} times */
function figures(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ part) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? NaN;
  const rounded = (/** @type {number} */ ms) => Math.round(ms * 100) / 100;
  return {
    median: rounded(at(0.5)),
    p90: rounded(at(0.9)),
    p99: rounded(at(0.99)),
    max: rounded(at(1)),
  };
}

/** @param {import('playwright-core').Browser} browser */
async function clicks(browser) {
  const bank = new Bank();
  const account = await bank.newAccount();
  await bank.close();
  const { page } = await visitor(browser);
  await page.addInitScript(watch, WATCH);
  await logIn(page, account);
  /** @type {Interaction[]} */
  const done = [];
  const deposits = /** @type {const} */ ([
    [1000, '€10,00'],
    [2000, '€20,00'],
  ]);
  for (let i = 0; i < WARM_UP + interactions; i++) {
    const [cents, amount] = deposits[i % 2 === 0 ? 0 : 1];
    const button = page.locator(depositButton(cents));
    const interaction = page.evaluate(
      ([selector, wanted]) => /** @type {any} */ (window).latency.interact(selector, wanted),
      [depositButton(cents), amount],
    );
    await button.click();
    const marks = await interaction;
    if (i >= WARM_UP) done.push(marks);
    await page.waitForTimeout(REST_MS);
  }
  await page.context().close();
  const span = (/** @type {keyof Interaction} */ from, /** @type {keyof Interaction} */ to) =>
    figures(done.map((marks) => marks[to] - marks[from]));
  return {
    'click to amount in the page': span('click', 'shown'),
    'click to frame sent': span('click', 'sent'),
    'sent to transaction received': span('sent', 'transaction'),
    'sent to result received': span('sent', 'result'),
    'transaction received to in the page': span('transaction', 'shown'),
    'in the page to painted': span('shown', 'painted'),
  };
}

/** @param {import('playwright-core').Browser} browser */
async function loads(browser) {
  /** @type {{ shown: number, painted: number }[]} */
  const done = [];
  for (let i = 0; i < coldLoads; i++) {
    // A new context has no cache.
    const { page } = await visitor(browser);
    await page.addInitScript(watch, WATCH);
    await page.goto('/', { waitUntil: 'commit' });
    await page.waitForFunction(() => /** @type {any} */ (window).latency?.first.painted > 0);
    done.push(await page.evaluate(() => /** @type {any} */ (window).latency.first));
    await page.context().close();
  }
  return {
    'cold load to first transaction in the page': figures(done.map(({ shown }) => shown)),
    'cold load to first transaction painted': figures(done.map(({ painted }) => painted)),
  };
}

const before = await pace();
const browser = await launchBrowser();
try {
  await setPace({ batch_size: 0 });
  const latency = { ...(await clicks(browser)), ...(await loads(browser)) };
  const row = (/** @type {unknown[]} */ cells) =>
    console.log(
      `${`${cells[0]}`.padEnd(44)}${cells
        .slice(1)
        .map((cell) => `${cell}`.padStart(9))
        .join('')}`,
    );
  console.log(`${interactions} clicks and ${coldLoads} cold loads at ${BANK_URL}, milliseconds`);
  row(['', 'median', 'p90', 'p99', 'max']);
  for (const [what, { median, p90, p99, max }] of Object.entries(latency))
    row([what, median, p90, p99, max]);
  if (values.json) {
    const told = { interactions, cold_loads: coldLoads, browser: browser.version(), latency };
    await writeFile(values.json, `${JSON.stringify(told, null, 2)}\n`);
  }
} finally {
  await browser.close();
  await setPace(before);
}
