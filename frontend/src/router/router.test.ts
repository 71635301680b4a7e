import { beforeEach, expect, test } from 'vitest';
import { router } from './router.svelte';

function click(html: string, init: MouseEventInit = {}): void {
  document.body.innerHTML = html;
  // jsdom cannot go where a browser would.
  window.addEventListener('click', (event) => event.preventDefault(), { once: true });
  const event = new MouseEvent('click', { bubbles: true, cancelable: true, button: 0, ...init });
  [...document.body.querySelectorAll('*')].at(-1)?.dispatchEvent(event);
}

beforeEach(() => router.go('/start', { replace: true }));

test('an address has its page, and stays in the history', () => {
  router.go('/bank-employee/NL66OPEN0000000000?x=1');
  expect(router.route).toEqual({ page: 'account', params: { iban: 'NL66OPEN0000000000' } });
  expect(router.query.get('x')).toBe('1');
  expect(location.pathname).toBe('/bank-employee/NL66OPEN0000000000');
});

test('going back brings the page and what was kept with it back', async () => {
  router.go('/bank-employee', { state: { behind: ['a'] } });
  router.go('/client');
  const arrived = new Promise((resolve) =>
    window.addEventListener('popstate', resolve, { once: true }),
  );
  history.back();
  await arrived;
  expect(router.route.page).toBe('bank-employee');
  expect(router.state).toEqual({ behind: ['a'] });
});

test.each([
  ['<a href="/client">x</a>', {}, '/client'],
  ['<a href="/client"><b>x</b></a>', {}, '/client'],
  ['<a href="/client">x</a>', { ctrlKey: true }, '/start'],
  ['<a href="/client">x</a>', { metaKey: true }, '/start'],
  ['<a href="/client">x</a>', { shiftKey: true }, '/start'],
  ['<a href="/client">x</a>', { button: 1 }, '/start'],
  ['<a href="/client" target="_blank">x</a>', {}, '/start'],
  ['<a href="/results/original-2019.csv" download>x</a>', {}, '/start'],
  ['<a href="/graphql">x</a>', {}, '/start'],
  ['<a href="https://elsewhere.example/client">x</a>', {}, '/start'],
  ['<a role="button">x</a>', {}, '/start'],
  ['<b>x</b>', {}, '/start'],
])('a click on %s with %j ends at %s', (html, init, path) => {
  click(html, init);
  expect(router.url.pathname).toBe(path);
});

test('values in the query are put in and taken out without a new entry in the history', () => {
  const entries = history.length;
  router.setQuery({ search: 'NL66', after: 'x' });
  expect(location.search).toBe('?search=NL66&after=x');
  router.setQuery({ after: null, search: '' });
  expect(location.search).toBe('');
  expect(history.length).toBe(entries);
});
