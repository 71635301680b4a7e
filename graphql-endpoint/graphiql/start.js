// Starts GraphiQL against the endpoint that served this page: queries by POST, subscriptions by WebSocket.
'use strict';

const webSocketScheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
const fetcher = GraphiQL.createFetcher({
  url: '/graphql',
  subscriptionUrl: `${webSocketScheme}//${location.host}/graphql`,
});

const defaultQuery = `# Press Ctrl-Enter to watch the transfers of the bank as they happen.
subscription Watch {
  stream_transactions {
    id
    iban
    direction
    changed_by
    new_balance
    from_to
    descr
  }
}
`;

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery, defaultEditorToolsVisibility: true }),
);
