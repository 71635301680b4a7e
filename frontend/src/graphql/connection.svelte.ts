import { untrack } from 'svelte';
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws';
import { backoffMs } from './backoff';
import { webSocketUrl } from './endpoint';
import type { Operation } from './operations';

/** How the connection is. */
export type ConnectionState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'connected' }
  /** There is none; the next try is at `untilMs`, in the clock of `Date.now`. */
  | { readonly phase: 'waiting'; readonly untilMs: number };

/** The endpoint answered with errors of GraphQL. */
export class AnswerError extends Error {
  override name = 'AnswerError';
}

/** Takes what a subscription comes to. */
export interface Sink<Data> {
  next(data: Data, extensions: Readonly<Record<string, unknown>>): void;
  /** It ended with an error; it does not go on by itself. */
  error(fault: unknown): void;
  /** The endpoint ended it. */
  complete(): void;
}

/** How often a ping is sent, and how long there may be silence after it: its answer may wait behind much else that is told. */
const PING_AFTER_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

/** The one WebSocket to the endpoint, which is made again for as long as the page is open. */
export class Connection {
  state = $state.raw<ConnectionState>({ phase: 'connecting' });
  #client: Client;
  #onConnected = new Set<() => void>();
  #tries = 0;
  #endWait: (() => void) | undefined;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;
  /** When the endpoint last said something, in the clock of `performance.now`. */
  #heardMs = 0;

  constructor(
    private readonly url: string,
    private readonly webSocketImpl: unknown = WebSocket,
  ) {
    this.#client = this.#make();
  }

  /** Ends a wait for the next try. */
  tryNow(): void {
    this.#endWait?.();
  }

  /** Calls `begin` now, if there is a connection, and for each one that is made later. What is given back ends that. */
  onConnected(begin: () => void): () => void {
    this.#onConnected.add(begin);
    if (untrack(() => this.state.phase) === 'connected') begin();
    return () => this.#onConnected.delete(begin);
  }

  /** Begins a subscription in the present connection. It ends with it. */
  subscribe<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    sink: Sink<Data>,
  ): () => void {
    return this.#client.subscribe<Data>(
      { query: operation.document, variables: variables as Record<string, unknown> },
      {
        next: (result) => {
          const data = dataOf(result);
          if (data instanceof AnswerError) sink.error(data);
          else sink.next(data, (result.extensions ?? {}) as Record<string, unknown>);
        },
        error: (fault) => sink.error(fault),
        complete: () => sink.complete(),
      },
    );
  }

  /** The first result of a query or subscription. It is asked again after a lost connection. */
  ask<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Data> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const end = this.subscribe(operation, variables, {
        next(data) {
          resolve(data);
          queueMicrotask(() => end());
        },
        error: (fault) => reject(fault instanceof Error ? fault : new Error(String(fault))),
        complete: () => reject(new AnswerError('ended without an answer')),
      });
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
        end();
      });
    });
  }

  #make(): Client {
    return createClient({
      url: this.url,
      webSocketImpl: this.webSocketImpl,
      lazy: false,
      keepAlive: PING_AFTER_MS,
      connectionAckWaitTimeout: PONG_WITHIN_MS,
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: () => this.#wait(),
      // What the library takes for final may pass, as when another program listened on the port for a while.
      onNonLazyError: () => void this.#wait().then(() => (this.#client = this.#make())),
      on: {
        connecting: () => (this.state = { phase: 'connecting' }),
        connected: () => this.#connected(),
        closed: () => this.#closed(),
        message: () => (this.#heardMs = performance.now()),
        ping: (received) => {
          if (!received) this.#endAfterSilence(PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(this.#pongTimer);
        },
      },
    });
  }

  #connected(): void {
    this.#tries = 0;
    this.state = { phase: 'connected' };
    // The library is ready for operations once this event is over.
    queueMicrotask(() => this.#onConnected.forEach((begin) => begin()));
  }

  #closed(): void {
    clearTimeout(this.#pongTimer);
    this.state = { phase: 'waiting', untilMs: Date.now() };
  }

  #endAfterSilence(ms: number): void {
    const sinceMs = performance.now();
    this.#pongTimer = setTimeout(() => {
      const leftMs = PONG_WITHIN_MS - (performance.now() - Math.max(this.#heardMs, sinceMs));
      if (this.#heardMs > sinceMs && leftMs > 0) this.#endAfterSilence(leftMs);
      else this.#client.terminate();
    }, ms);
  }

  #wait(): Promise<void> {
    const ms = backoffMs(this.#tries++);
    this.state = { phase: 'waiting', untilMs: Date.now() + ms };
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function dataOf<Data>(result: FormattedExecutionResult<Data, unknown>): Data | AnswerError {
  if (result.data && !result.errors?.length) return result.data;
  return new AnswerError(result.errors?.map((error) => error.message).join('; ') || 'no answer');
}

/** The connection of these pages. */
export const connection = new Connection(webSocketUrl(document, location));

// A network that is back, or a reader who is, need not wait for the next try.
window.addEventListener('online', () => connection.tryNow());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') connection.tryNow();
});
