/**
 * The address of the endpoint's WebSocket: of this origin, or of the one that the page's
 * `<meta name="graphql-endpoint">` names.
 */
export function webSocketUrl(page: Document, location: Location): string {
  const named = page
    .querySelector<HTMLMetaElement>('meta[name="graphql-endpoint"]')
    ?.content.trim();
  const url = new URL('/graphql-ws', named || location.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
