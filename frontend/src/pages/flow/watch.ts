import type { Connection } from '../../graphql/connection.svelte';
import type { Operation } from '../../graphql/operations';

/** What watching needs of the connection. */
export type WatchConnection = Pick<Connection, 'onConnected' | 'subscribe'>;

/** What watching needs of the document. */
export type Visible = Pick<
  Document,
  'visibilityState' | 'addEventListener' | 'removeEventListener'
>;

/** Takes what is watched. */
export interface Watcher<Data> {
  /** A subscription begins, also again: what comes next does not follow on what came before. */
  begin?(): void;
  next(data: Data): void;
  /** It ended, with why where that was said; it is begun again after a while. */
  failed(why: string | null): void;
}

/** How long after its end a subscription is begun again. */
export const RETRY_MS = 3_000;

/**
 * Subscribes for as long as somebody can see it: at each connection anew, not while the tab is hidden. What is given back ends
 * it for good.
 */
export function watch<Data, Variables>(
  connection: WatchConnection,
  operation: Operation<Data, Variables>,
  variables: Variables,
  watcher: Watcher<Data>,
  page: Visible = document,
): () => void {
  let unsubscribe: () => void = () => undefined;
  let leave: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const end = () => {
    clearTimeout(timer);
    unsubscribe();
    unsubscribe = () => undefined;
  };
  const begin = () => {
    end();
    let isOver = false;
    const over = (why: string | null) => {
      if (isOver) return;
      end();
      watcher.failed(why);
      timer = setTimeout(begin, RETRY_MS);
    };
    watcher.begin?.();
    const stop = connection.subscribe(operation, variables, {
      next: (data) => {
        if (!isOver) watcher.next(data);
      },
      error: (fault) => over(fault instanceof Error ? fault.message : null),
      complete: () => over(null),
    });
    unsubscribe = () => {
      isOver = true;
      stop();
    };
  };
  const look = () => {
    if (page.visibilityState === 'visible') {
      leave ??= connection.onConnected(begin);
    } else {
      leave?.();
      leave = undefined;
      end();
    }
  };

  page.addEventListener('visibilitychange', look);
  look();
  return () => {
    page.removeEventListener('visibilitychange', look);
    leave?.();
    end();
  };
}
