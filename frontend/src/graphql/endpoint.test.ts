import { expect, test } from 'vitest';
import { webSocketUrl } from './endpoint';

test.each([
  [null, 'http://localhost:8181', 'ws://localhost:8181/graphql-ws'],
  ['', 'https://bank.example', 'wss://bank.example/graphql-ws'],
  ['http://localhost:8888', 'http://localhost:8181', 'ws://localhost:8888/graphql-ws'],
  [' https://api.example/ ', 'http://localhost:8181', 'wss://api.example/graphql-ws'],
])('with %j named, a page of %s talks to %s', (named, origin, expected) => {
  const page = document.implementation.createHTMLDocument();
  if (named !== null) page.head.innerHTML = `<meta name="graphql-endpoint" content="${named}">`;
  expect(webSocketUrl(page, { origin } as Location)).toBe(expected);
});
