import type { TopicRecord, TopicRecords } from '../../../graphql/types';
import { topicRecords } from '../operations';
import { watch, type Visible, type WatchConnection } from '../watch';

/** How many of a topic's newest records are held. */
export const HELD_MAX = 50;
/** The list changes no more often: nobody reads faster. */
export const SHOW_EVERY_MS = 600;
/** When more come at once they do not fade in: all would flicker. */
const FRESH_MAX = 5;

/** What names a record of a topic. A topic that is made again has other records at the same places, of another time. */
export function recordId({ partition, offset, timestamp_ms }: TopicRecord): string {
  return `${partition}-${offset}-${timestamp_ms}`;
}

/** The newest records of a topic, for as long as somebody looks. */
export class Tail {
  /** Newest first. */
  records = $state.raw<readonly TopicRecord[]>([]);
  /** The few that were not shown a moment ago; none of the first ones, and none where many come. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  /** Passed over by the endpoint, or here while it was paused. */
  skipped = $state(0);
  /** Came while it was paused. */
  waiting = $state(0);
  isPaused = $state(false);
  /** Whether it was asked for again after it had begun. */
  hasRejoined = $state(false);
  /** Nothing came yet; records come; they are asked for in vain. */
  phase = $state.raw<'asking' | 'live' | 'failed'>('asking');
  /** Why none can be read, or given. */
  why = $state.raw<string | null>(null);
  readonly #end: () => void;
  #held: readonly TopicRecord[] = [];
  #begins = 0;
  #isFirst = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: WatchConnection, topic: string, page?: Visible) {
    const watcher = {
      begin: () => {
        this.#begins++;
        this.#isFirst = true;
      },
      next: (data: { readonly topic_records: TopicRecords }) => this.#take(data.topic_records),
      failed: (why: string | null) => {
        this.phase = 'failed';
        this.why = why;
      },
    };
    this.#end = watch(connection, topicRecords, { topic, max_items: HELD_MAX }, watcher, page);
  }

  /** Shows no more until `resume`. */
  pause(): void {
    this.isPaused = true;
    const shown = new Set(this.records.map(recordId));
    this.waiting = this.#held.filter((record) => !shown.has(recordId(record))).length;
  }

  /** Shows what came meanwhile, and goes on. */
  resume(): void {
    const shown = new Set(this.records.map(recordId));
    const kept = this.#held.filter((record) => !shown.has(recordId(record))).length;
    this.skipped += Math.max(0, this.waiting - kept);
    this.waiting = 0;
    this.isPaused = false;
    this.#show(false);
  }

  /** Ends it for good. */
  close(): void {
    clearTimeout(this.#timer);
    this.#end();
  }

  #take({ records, skipped, missing }: TopicRecords): void {
    const known = new Set(this.#held.map(recordId));
    const added = records.filter((record) => !known.has(recordId(record)));
    this.#held = [...added.toReversed(), ...this.#held].slice(0, HELD_MAX);
    this.phase = 'live';
    this.why = missing;
    this.skipped += skipped;
    if (this.#isFirst && this.#begins > 1 && known.size > 0) this.hasRejoined = true;
    if (this.isPaused) this.waiting += added.length;
    else if (this.#isFirst) this.#show(false);
    else if (added.length > 0) this.#showSoon();
    this.#isFirst = false;
  }

  #showSoon(): void {
    if (this.#timer !== undefined) return;
    this.#show(true);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.isPaused && this.records !== this.#held) this.#showSoon();
    }, SHOW_EVERY_MS);
  }

  #show(isFresh: boolean): void {
    const shown = new Set(this.records.map(recordId));
    const added = this.#held.map(recordId).filter((id) => !shown.has(id));
    this.fresh = new Set(isFresh && added.length <= FRESH_MAX ? added : []);
    this.records = this.#held;
  }
}

/** Whether a record has a text in its key, place, fields or headers, in capitals or not. */
export function hasText(record: TopicRecord, text: string): boolean {
  const sought = text.trim().toLowerCase();
  if (sought === '') return true;
  const places = [
    record.key,
    record.value,
    record.undecodable,
    record.record,
    String(record.offset),
    ...record.headers.flatMap(({ name, value }) => [name, value]),
  ];
  return places.some((place) => place?.toLowerCase().includes(sought));
}
