/** How nginx serves the pages: what may be kept, what is compressed, what is refused. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { BANK_URL } from './fixture/bank.mjs';

/**
 * An answer as it was sent, which fetch would have unpacked.
 * @param {string} path
 * @param {import('node:http').RequestOptions} [options]
 * @param {string | Buffer} [body]
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer }>}
 */
const get = (path, options = {}, body = '') =>
  new Promise((resolve, reject) => {
    const sent = request(`${BANK_URL}${path}`, options, (answer) => {
      /** @type {Buffer[]} */
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(parts),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });

/** The script that the first view begins with. */
async function script() {
  const { body } = await get('/');
  const [, path] = /<script[^>]* src="([^"]+)"/.exec(`${body}`) ?? [];
  assert.ok(path, 'the page names its script');
  return path;
}

const policy = (/** @type {import('node:http').IncomingHttpHeaders} */ headers) =>
  new Map(
    `${headers['content-security-policy']}`.split('; ').map((directive) => {
      const [name, ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );

test('every view is the same page, which is asked for again each time', async () => {
  const home = await get('/');
  const views = [
    '/bank-employee',
    '/bank-employee/NL66OPEN0000000000',
    '/client',
    '/background',
    '/flow',
    '/flow/topic/balance_changed',
    '/flow/topic/with.dots.v2',
    '/flow/transfer/7f1b5bd2-3f6e-4f3a-9a38-54f4a1b7e8a1',
    '/client?lang=nl',
  ];
  for (const path of views) {
    const { status, headers, body } = await get(path);
    assert.equal(status, 200, path);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8', path);
    assert.equal(headers['cache-control'], 'no-cache', path);
    assert.ok(body.equals(home.body), path);
  }
});

test('what has its hash in its name is kept for ever', async () => {
  const { status, headers } = await get(await script());
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
  assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
});

test('what is missing is not found, and not kept', async () => {
  for (const path of [
    '/assets/missing-12345678.js',
    '/assets/none',
    '/missing.js',
    '/data/none.json',
  ]) {
    const { status, headers, body } = await get(path);
    assert.equal(status, 404, path);
    assert.equal(headers['cache-control'], 'no-cache', path);
    assert.ok(!`${body}`.includes('<script'), path);
  }
});

test('scripts come compressed to who takes it, as they are to who does not', async () => {
  const path = await script();
  const packed = await get(path, { headers: { 'Accept-Encoding': 'gzip, deflate, br' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(packed.headers.vary, 'Accept-Encoding');
  // A file beside it, not compressed anew for each request: its length is known.
  assert.equal(Number(packed.headers['content-length']), packed.body.length);
  const plain = await get(path);
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.ok(packed.body.length < plain.body.length / 2);
});

test('a page may use what comes from here, and nothing that is inline', async () => {
  for (const path of ['/', await script(), '/missing.js']) {
    const { headers } = await get(path);
    const directives = policy(headers);
    assert.equal(directives.get('default-src'), "'none'", path);
    assert.equal(directives.get('script-src'), "'self'", path);
    assert.equal(directives.get('style-src'), "'self'", path);
    assert.equal(directives.get('img-src'), "'self' data:", path);
    assert.match(directives.get('connect-src') ?? '', /^'self'/, path);
    for (const name of ['base-uri', 'form-action', 'frame-ancestors'])
      assert.equal(directives.get(name), "'none'", path);
    assert.doesNotMatch(`${headers['content-security-policy']}`, /unsafe|\*/, path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['referrer-policy'], 'no-referrer', path);
    assert.match(`${headers['permissions-policy']}`, /geolocation=\(\)/, path);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', path);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', path);
    assert.equal(headers.server, 'nginx', path);
  }
});

const question = JSON.stringify({
  query: '{ transactions_by_iban(iban: "NL66OPEN0000000000", max_items: 1) { id } }',
});

/** @param {string} origin @param {string | Buffer} body */
const post = (origin, body) =>
  get(
    '/graphql',
    { method: 'POST', headers: { Origin: origin, 'Content-Type': 'application/json' } },
    body,
  );

test('questions are led to the endpoint, for its own page only', async () => {
  const answer = await post(BANK_URL, question);
  assert.equal(answer.status, 200);
  assert.ok(JSON.parse(`${answer.body}`).data);
  const foreign = await post('http://evil.example', question);
  assert.equal(foreign.status, 403);
});

test('a question that is too large is refused', async () => {
  const { status } = await post(BANK_URL, Buffer.alloc(200_000, ' '));
  assert.equal(status, 413);
});
