import type { Connection } from '../graphql/connection.svelte';
import {
  newestTransactions,
  streamTransactions,
  type ShownTransaction,
} from '../graphql/operations';
import { browserFrame, Pace, type NextFrame } from './pace';

/** Transactions that are held; lists show no more. */
export const HELD_MAX = 250;

/** When more come at once they do not fade in. */
const FRESH_MAX = 5;

const RETRY_MS = 2_000;
/** When an account without transactions is looked at again, if the stream has not told before that one came between the question and it. */
const SECOND_LOOK_MS = 1_000;

/** What a feed needs of the connection. */
export type FeedConnection = Pick<Connection, 'ask' | 'subscribe' | 'onConnected'>;

/**
 * The newest transactions of an account, live. At each connection it asks for the newest and follows what comes after the last
 * of those, so that what is held has no gap and no repeat, however long there was no connection.
 */
export class TransactionFeed {
  /** Newest first. */
  items = $state.raw<readonly ShownTransaction[]>([]);
  status = $state.raw<'loading' | 'live' | 'failed'>('loading');
  /** Live ones that came, shown or not. */
  arrived = $state(0);
  /** Those that came between two pictures of the list, and had gone by at the second. */
  skipped = $state(0);
  /** How often the endpoint said that this page read too slowly. */
  fellBehind = $state(0);
  /** Ids of those that came last, all at once; none where more than a few did: the list would never be seen whole. */
  fresh = $state.raw<ReadonlySet<number>>(new Set());

  readonly #pace: Pace<ShownTransaction>;
  #end: () => void = () => undefined;
  #leave: () => void;

  constructor(
    private readonly connection: FeedConnection,
    private readonly iban: string,
    /** How many the list shows. */
    private readonly shownMax: () => number,
    nextFrame: NextFrame = browserFrame,
  ) {
    this.#pace = new Pace(HELD_MAX, (items, dropped) => this.#take(items, dropped), nextFrame);
    this.#leave = connection.onConnected(() => this.#begin());
  }

  /** Ends it for good. */
  close(): void {
    this.#leave();
    this.#end();
  }

  #begin(): void {
    this.#end();
    const ended = new AbortController();
    let unsubscribe: () => void = () => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.#end = () => {
      ended.abort();
      unsubscribe();
      clearTimeout(timer);
      this.#pace.stop();
    };
    const again = () => {
      if (ended.signal.aborted) return;
      this.status = 'failed';
      this.#end();
      timer = setTimeout(() => this.#begin(), RETRY_MS);
      this.#end = () => clearTimeout(timer);
    };
    const newest = () => this.#newest(ended.signal);
    const lookAgain = () => {
      clearTimeout(timer);
      void newest().then((late) => {
        if (ended.signal.aborted || late.length === 0) return;
        const leave = unsubscribe;
        this.#pace.stop();
        this.#replace(late);
        unsubscribe = this.#follow(late[0]?.id, again);
        leave();
      }, again);
    };
    newest()
      .then((items) => {
        if (ended.signal.aborted) return;
        this.#replace(items);
        const isEmpty = items.length === 0;
        unsubscribe = this.#follow(items[0]?.id, again, (first) => {
          if (isEmpty && first.account_seq !== 1) lookAgain();
        });
        if (isEmpty) timer = setTimeout(() => this.#isWhole() || lookAgain(), SECOND_LOOK_MS);
      })
      .catch(again);
  }

  async #newest(signal: AbortSignal): Promise<readonly ShownTransaction[]> {
    const variables = { iban: this.iban, max_items: HELD_MAX };
    const { transactions_by_iban: items } = await this.connection.ask(
      newestTransactions,
      variables,
      signal,
    );
    return (items ?? []).filter((item) => item !== null);
  }

  #follow(
    after: number | undefined,
    again: () => void,
    onFirst: (first: ShownTransaction) => void = () => undefined,
  ): () => void {
    const variables = after === undefined ? { iban: this.iban } : { iban: this.iban, after };
    let isLeft = false;
    let isFirst = true;
    const ended = () => {
      if (!isLeft) again();
    };
    const unsubscribe = this.connection.subscribe(streamTransactions, variables, {
      next: ({ stream_transactions: item }, extensions) => {
        if (isLeft) return;
        if ('fell_behind' in extensions) this.fellBehind++;
        if (!item) return;
        this.#pace.push(item);
        if (isFirst) onFirst(item);
        isFirst = false;
      },
      error: ended,
      complete: ended,
    });
    // Leaving is told as an end, too.
    return () => {
      isLeft = true;
      unsubscribe();
    };
  }

  /** What is newest now takes the place of what was held. What came in between and is in neither was never shown. */
  #replace(items: readonly ShownTransaction[]): void {
    const before = this.items[0];
    if (before && this.status !== 'loading') {
      const at = items.findIndex(({ id }) => id === before.id);
      const seqs = [items.at(-1)?.account_seq, before.account_seq] as const;
      if (at < 0 && seqs[0] && seqs[1]) this.skipped += Math.max(0, seqs[0] - seqs[1] - 1);
    }
    this.items = items;
    this.fresh = new Set();
    this.status = 'live';
  }

  /** Whether what is held goes back to the account's first transaction, or to as many as are held. */
  #isWhole(): boolean {
    return this.items.length === HELD_MAX || this.items.at(-1)?.account_seq === 1;
  }

  #take(items: readonly ShownTransaction[], dropped: number): void {
    const known = new Set(this.items.map(({ id }) => id));
    const added = items.filter(({ id }) => !known.has(id)).reverse();
    this.arrived += added.length + dropped;
    this.skipped += dropped + Math.max(0, added.length - this.shownMax());
    this.items = [...added, ...this.items].slice(0, HELD_MAX);
    this.fresh = new Set(added.length <= FRESH_MAX ? added.map(({ id }) => id) : []);
  }
}
