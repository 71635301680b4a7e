import type { Connection } from '../../../graphql/connection.svelte';
import {
  newestTransactions,
  streamTransactions,
  type ShownTransaction,
} from '../../../graphql/operations';
import { COMPANY_IBAN } from '../../../iban/iban';
import { watch, type Visible } from '../watch';

/** How many transactions there are to pick from. */
export const LATEST_MAX = 6;
/** After so many it listens no more for a while, as the whole bank may do thousands a second. */
const PAUSE_MS = 3_000;

/** How long the first of some waits for others, so that the list does not jump with each. */
const SHOW_AFTER_MS = 500;

/** What this needs of the connection. */
export type LatestConnection = Pick<Connection, 'ask' | 'onConnected' | 'subscribe'>;

/**
 * The latest few transactions of the bank, newest first, to pick from: it listens until it has as many as it shows, and then
 * rests before it listens again. While `isHeld` nothing of what is shown moves.
 */
export class LatestTransactions {
  items = $state.raw<readonly ShownTransaction[]>([]);
  isHeld = false;
  #end: () => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(
    private readonly connection: LatestConnection,
    private readonly page?: Visible,
  ) {
    this.#listen();
  }

  /** Ends it for good. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#end();
  }

  #listen(): void {
    let heard: ShownTransaction[] = [];
    this.#end = watch(
      this.connection,
      streamTransactions,
      {},
      {
        begin: () => {
          heard = [];
          if (this.items.length === 0) void this.#fill();
        },
        next: ({ stream_transactions: item }) => {
          if (!item || this.isHeld) return;
          heard.push(item);
          if (heard.length < LATEST_MAX) {
            if (heard.length === 1)
              this.#timer = setTimeout(() => this.#show(heard), SHOW_AFTER_MS);
            return;
          }
          this.#show(heard);
          this.#end();
          this.#timer = setTimeout(() => this.#listen(), PAUSE_MS);
        },
        failed: () => undefined,
      },
      this.page,
    );
  }

  #show(heard: ShownTransaction[]): void {
    clearTimeout(this.#timer);
    if (this.#isClosed || this.isHeld) return;
    const newest = heard.splice(0).reverse();
    this.items = [...newest, ...this.items].slice(0, LATEST_MAX);
  }

  /** Where nothing moves, those of the bank's own account are better than none. */
  async #fill(): Promise<void> {
    const variables = { iban: COMPANY_IBAN, max_items: LATEST_MAX };
    const found = await this.connection.ask(newestTransactions, variables).catch(() => null);
    if (this.#isClosed || this.items.length > 0) return;
    this.items = (found?.transactions_by_iban ?? []).filter((item) => item !== null);
  }
}
