import type { Flow } from '../../graphql/types';
import { flowSnapshots } from './operations';
import { NO_RATES, ratesAt, type Rates } from './rates';
import { watch, type Visible, type WatchConnection } from './watch';

/** What flows, for as long as somebody looks. */
export class FlowWatch {
  /** The newest snapshot; null before the first. */
  now = $state.raw<Flow | null>(null);
  rates = $state.raw<Rates>(NO_RATES);
  /** Why there are no snapshots; null while there are, or where that was not said. */
  failure = $state.raw<string | null>(null);
  /** Whether snapshots were asked for in vain. */
  hasFailed = $state(false);
  readonly #end: () => void;
  #before: { flow: Flow; rates: Rates } | null = null;

  constructor(connection: WatchConnection, page?: Visible) {
    const watcher = {
      // What was written meanwhile is of no second.
      begin: () => (this.#before = null),
      next: ({ flow }: { readonly flow: Flow }) => this.#take(flow),
      failed: (why: string | null) => {
        this.hasFailed = true;
        this.failure = why;
      },
    };
    this.#end = watch(connection, flowSnapshots, {}, watcher, page);
  }

  /** Ends it for good. */
  close(): void {
    this.#end();
  }

  #take(flow: Flow): void {
    this.rates = ratesAt(flow, this.#before);
    this.#before = { flow, rates: this.rates };
    this.now = flow;
    this.hasFailed = false;
    this.failure = null;
  }
}
