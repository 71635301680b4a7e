/** What a customer does on the client page, against the real bank. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { Bank, COMPANY, part } from './fixture/bank.mjs';
import { launchBrowser, leaveAll, until, visitor } from './fixture/browser.mjs';
import { logIn, newestIs, sendTransfer, shownIds, tryLogIn } from './fixture/client.mjs';
import { tabTo, violations } from './fixture/look.mjs';
import {
  ARGUMENTS,
  depositButton,
  DEPOSITS_CENTS,
  LOGIN,
  MAX_ITEMS,
  maxItemsButton,
  NEWEST_AMOUNT,
  showArgumentButton,
  TRANSACTION_BOX,
  TRANSFER,
} from './fixture/selectors.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('playwright-core').Browser} */
let browser;
const bank = new Bank();
before(async () => {
  browser = await launchBrowser();
});
afterEach(leaveAll);
after(async () => {
  await browser.close();
  await bank.close();
});

/** A customer with this many cents, logged in. */
async function customer(cents = 0) {
  const account = await bank.newAccount();
  if (cents > 0) await bank.deposit(account, cents);
  const { page, faults } = await visitor(browser);
  await logIn(page, account);
  return { account, page, faults };
}

/** @param {Page} page @param {string} id of the text beside what was refused */
const refusal = async (page, id) => {
  const note = page.locator(`#${id}.refusal`);
  await note.waitFor();
  return (await note.textContent())?.trim();
};

/** How the customer was told what became of the last order. @param {Page} page @param {string} phase */
const slipIs = (page, phase) => page.locator(`li[data-uuid].${phase}`).first().waitFor();

describe('logging in', () => {
  test('an unknown name gets an account, and the same one the next time', async () => {
    const newcomer = { username: `new-${randomUUID()}`, password: 'password' };
    const first = await visitor(browser);
    await logIn(first.page, newcomer);
    await first.page.locator(depositButton(2000)).click();
    await newestIs(first.page, '€20,00');
    const second = await visitor(browser);
    await logIn(second.page, newcomer);
    await newestIs(second.page, '€20,00');
    assert.deepEqual([...first.faults, ...second.faults], []);
  });

  test('a taken name with another password is refused beside the password', async () => {
    const { username } = await bank.newAccount();
    const { page } = await visitor(browser);
    await page.goto('/client');
    await tryLogIn(page, { username, password: 'not this one' });
    assert.ok(await refusal(page, 'login-password-note'));
    assert.equal(await page.locator(depositButton(1000)).count(), 0);
    assert.deepEqual(await violations(page), []);
    // The right one is still taken.
    await tryLogIn(page, { username, password: 'password' });
    await page.locator(depositButton(1000)).waitFor();
  });

  for (const [what, username, password, id] of /** @type {const} */ ([
    ['name', 'short', 'password', 'login-username-note'],
    ['password', 'long enough', 'short', 'login-password-note'],
  ]))
    test(`a ${what} that is too short is refused beside it`, async () => {
      const { page } = await visitor(browser);
      await page.goto('/client');
      await tryLogIn(page, { username, password });
      assert.match((await refusal(page, id)) ?? '', /8/);
      assert.equal(await page.locator(depositButton(1000)).count(), 0);
    });

  test('it lasts over a reload, and ends with logging out', async () => {
    const { page } = await customer();
    await page.reload();
    await page.locator(depositButton(1000)).waitFor();
    await page.locator('#log-out').click();
    await page.locator('#login-form').waitFor();
    await page.reload();
    await page.locator('#login-form').waitFor();
  });
});

describe('money', () => {
  test('each deposit button gives what it says', async () => {
    const { page, account, faults } = await customer();
    let balance = 0;
    for (const cents of DEPOSITS_CENTS) {
      await page.locator(depositButton(cents)).click();
      await newestIs(page, `€${cents / 100},00`);
      balance += cents;
    }
    const [newest, ...others] = await bank.transactions(account.iban);
    assert.equal(others.length + 1, DEPOSITS_CENTS.length);
    assert.equal(newest?.new_balance, `€${balance / 100},00`);
    assert.equal(await page.locator('#balance').textContent(), newest?.new_balance);
    assert.deepEqual(faults, []);
  });

  test('a transfer goes to another browser as it goes from this one', async () => {
    const payer = await customer(100_000);
    const payee = await customer();
    await sendTransfer(payer.page, {
      amount: '€ 1,23',
      to: payee.account.iban.toLowerCase().replace(/(....)/g, '$1 '),
      descr: 'lunch & <b>tea</b>',
    });
    await newestIs(payer.page, '€1,23');
    await newestIs(payee.page, '€1,23');
    assert.equal(await payer.page.locator('#balance').textContent(), '€998,77');
    assert.equal(await payee.page.locator('#balance').textContent(), '€1,23');
    for (const { page } of [payer, payee])
      assert.match(
        (await page.locator(TRANSACTION_BOX).first().textContent()) ?? '',
        /lunch & <b>tea<\/b>/,
      );
    assert.deepEqual([...payer.faults, ...payee.faults], []);
  });

  for (const [typed, cents] of /** @type {const} */ ([
    ['1234', 1234],
    ['12,34', 1234],
    ['€ 12,34', 1234],
    ['1.234,50', 123_450],
  ]))
    test(`${typed} is ${cents} cents, and the form says so before it is sent`, async () => {
      const { page, account } = await customer(200_000);
      await page.locator(TRANSFER.amount).first().fill(typed);
      const euros = `€${(cents / 100).toLocaleString('nl-NL', { minimumFractionDigits: 2 })}`;
      assert.ok(
        (await page.locator('#transfer-amount-note').textContent())?.includes(euros),
        `${euros} is shown`,
      );
      await page.locator(TRANSFER.to).first().fill(COMPANY);
      await page.locator(TRANSFER.button).first().click();
      await newestIs(page, euros);
      assert.equal((await bank.transactions(account.iban))[0]?.changed_by, euros);
    });

  test('a double click is one deposit', async () => {
    const { page, account } = await customer();
    await page.locator(depositButton(1000)).dblclick({ delay: 60 });
    await newestIs(page, '€10,00');
    await page.locator(depositButton(5000)).click();
    await newestIs(page, '€50,00');
    assert.equal((await bank.transactions(account.iban)).length, 2);
  });

  test('a double click is one transfer', async () => {
    const { page, account } = await customer(10_000);
    await sendTransfer(page, { amount: '1111', to: COMPANY, descr: 'foo' });
    // The second half of a double click, after the outcome of the first.
    await newestIs(page, '€11,11');
    const before = await bank.transactions(account.iban);
    await page.locator(TRANSFER.amount).first().fill('1111');
    await page.locator(TRANSFER.to).first().fill(COMPANY);
    await page.locator(TRANSFER.button).first().dblclick({ delay: 60 });
    await page.locator(depositButton(5000)).click();
    await newestIs(page, '€50,00');
    assert.equal((await bank.transactions(account.iban)).length - before.length, 2);
  });

  test('a reload while the outcome is not known sends it once', async () => {
    const { page, account } = await customer(10_000);
    await part('stop', 'command-handler');
    try {
      await sendTransfer(page, { amount: '2323', to: COMPANY, descr: 'bar' });
      await page.locator('li[data-uuid]').first().waitFor();
      const uuid = await page.locator('li[data-uuid]').getAttribute('data-uuid');
      await page.reload();
      await page.locator(`li[data-uuid="${uuid}"]`).waitFor();
      // Once more, before the outcome: it is the same transfer.
      await sendTransfer(page, { amount: '2323', to: COMPANY, descr: 'bar' });
      await slipIs(page, 'pending');
      assert.deepEqual(
        await page
          .locator('li[data-uuid]')
          .evaluateAll((slips) => slips.map((slip) => slip.getAttribute('data-uuid'))),
        [uuid],
      );
      assert.deepEqual(await violations(page), []);
    } finally {
      await part('start', 'command-handler');
    }
    await newestIs(page, '€23,23');
    await slipIs(page, 'done');
    await page.locator(depositButton(5000)).click();
    await newestIs(page, '€50,00');
    const amounts = (await bank.transactions(account.iban)).map(({ changed_by }) => changed_by);
    assert.deepEqual(amounts, ['€50,00', '€23,23', '€100,00']);
  });
});

describe('refusals', () => {
  /** @type {readonly (readonly [string, { amount: string, to: string }, string])[]} */
  const REFUSED_HERE = [
    ['no amount', { amount: '', to: COMPANY }, 'transfer-amount-note'],
    ['something that is no amount', { amount: 'ten', to: COMPANY }, 'transfer-amount-note'],
    ['a thousandth of a cent', { amount: '1,001', to: COMPANY }, 'transfer-amount-note'],
    ['nothing', { amount: '0', to: COMPANY }, 'transfer-amount-note'],
    ['less than nothing', { amount: '-5,00', to: COMPANY }, 'transfer-amount-note'],
    ['more than fits', { amount: '99.999.999,99', to: COMPANY }, 'transfer-amount-note'],
    ['nobody to send to', { amount: '10,00', to: '' }, 'transfer-to-note'],
    ['a mistyped account', { amount: '10,00', to: 'NL67OPEN0000000000' }, 'transfer-to-note'],
    ['more than there is', { amount: '1.000,01', to: COMPANY }, 'transfer-amount-note'],
  ];
  for (const [what, filled, id] of REFUSED_HERE)
    test(`${what}: said beside the field, which keeps what was typed, and no money moves`, async () => {
      const { page, account, faults } = await customer(50_000);
      await sendTransfer(page, { ...filled, descr: 'refused' });
      assert.ok(await refusal(page, id));
      assert.equal(await page.locator(TRANSFER.amount).first().inputValue(), filled.amount);
      assert.equal(await page.locator(TRANSFER.to).first().inputValue(), filled.to);
      const field = page.locator(`[aria-describedby="${id}"]`);
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      assert.deepEqual(await violations(page), []);
      assert.equal((await bank.transactions(account.iban)).length, 1);
      assert.deepEqual(faults, []);
    });

  test('the last cent of the limit can be had, one more cannot', async () => {
    const { page } = await customer(10_000);
    await sendTransfer(page, { amount: '600,00', to: COMPANY, descr: 'all' });
    await newestIs(page, '€600,00');
    assert.equal(await page.locator('#balance').textContent(), '€-500,00');
    await sendTransfer(page, { amount: '1', to: COMPANY, descr: 'more' });
    assert.ok(await refusal(page, 'transfer-amount-note'));
  });

  test('to oneself', async () => {
    const { page, account } = await customer(10_000);
    await sendTransfer(page, { amount: '100', to: account.iban, descr: 'me' });
    assert.ok(await refusal(page, 'transfer-to-note'));
  });

  test('a session that the bank does not know', async () => {
    const { page, account } = await customer(10_000);
    await page.evaluate((token) => {
      for (const key of Object.keys(sessionStorage)) {
        const value = sessionStorage.getItem(key) ?? '';
        sessionStorage.setItem(key, value.replace(token, '0'.repeat(20)));
      }
    }, account.token);
    await page.reload();
    await sendTransfer(page, { amount: '100', to: COMPANY, descr: 'stolen' });
    await until('the refusal', async () =>
      (await page.locator('#transfer-form [role="alert"]').textContent())?.trim(),
    );
    assert.equal((await bank.transactions(account.iban)).length, 1);
  });
});

describe('the list of transactions', () => {
  test('as many as asked for, newest first', async () => {
    const { page, account } = await customer();
    for (let count = 1; count <= 12; count++)
      await bank.deposit(account, count * 100, `no ${count}`);
    await newestIs(page, '€12,00');
    const all = (await bank.transactions(account.iban)).map(({ id }) => id);
    for (const count of MAX_ITEMS) {
      await page.locator(maxItemsButton(count)).click();
      await page.locator(`${maxItemsButton(count)}[aria-pressed="true"]`).waitFor();
      const wanted = JSON.stringify(all.slice(0, count));
      await until(
        `${count} are shown`,
        async () => JSON.stringify(await shownIds(page)) === wanted,
      );
    }
  });

  test('shows of each what was asked for', async () => {
    const { page } = await customer(4200);
    await newestIs(page, '€42,00');
    const box = page.locator(TRANSACTION_BOX).first();
    const looks = new Set([await box.innerText()]);
    for (const argument of ARGUMENTS) {
      const button = page.locator(showArgumentButton(argument));
      const pressed = await button.getAttribute('aria-pressed');
      await button.click();
      assert.notEqual(await button.getAttribute('aria-pressed'), pressed, argument);
      if (argument === 'debit/credit')
        assert.equal(await box.locator('[role="img"]').isVisible(), pressed === 'false');
      else looks.add(await box.innerText());
      // Whatever is shown, browser tests find the amount at its place.
      assert.equal(await page.locator(NEWEST_AMOUNT).first().textContent(), '€42,00');
    }
    assert.equal(looks.size, ARGUMENTS.length);
  });
});

test('all of it by keyboard, and where the focus is can be seen', async () => {
  const { page, faults } = await visitor(browser);
  await page.goto('/client');
  await page.locator('#login-form').waitFor();
  await tabTo(page, LOGIN.username);
  await page.keyboard.type(`keys-${randomUUID()}`);
  await tabTo(page, LOGIN.password);
  await page.keyboard.type('password');
  await tabTo(page, `${LOGIN.button} button`);
  await page.keyboard.press('Enter');
  await page.locator(depositButton(1000)).waitFor();
  // Whoever has logged in is at the beginning of what is new.
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
  await tabTo(page, depositButton(5000));
  await page.keyboard.press('Space');
  await newestIs(page, '€50,00');
  await tabTo(page, TRANSFER.amount);
  await page.keyboard.type('1111');
  await tabTo(page, TRANSFER.to);
  await page.keyboard.type(COMPANY);
  await tabTo(page, TRANSFER.description);
  await page.keyboard.type('foo');
  await tabTo(page, TRANSFER.button);
  await page.keyboard.press('Enter');
  await newestIs(page, '€11,11');
  await tabTo(page, maxItemsButton(5));
  await page.keyboard.press('Space');
  await page.locator(`${maxItemsButton(5)}[aria-pressed="true"]`).waitFor();
  assert.deepEqual(faults, []);
});
