import type { TopicRecord, TopicRecords } from '../../../graphql/types';
import { topicRecords } from '../operations';
import { watch, type Visible, type WatchConnection } from '../watch';

/** How many of a topic's newest records are held. */
export const HELD_MAX = 100;

/** What names a record of a topic. */
export function recordId({ partition, offset }: TopicRecord): string {
  return `${partition}-${offset}`;
}

/** The newest records of a topic, for as long as somebody looks. */
export class Tail {
  /** Newest first. */
  records = $state.raw<readonly TopicRecord[]>([]);
  /** Those that came with the last message, but for the first ones. */
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
  }

  /** Shows what came meanwhile, and goes on. */
  resume(): void {
    const shown = new Set(this.records.map(recordId));
    const kept = this.#held.filter((record) => !shown.has(recordId(record))).length;
    this.skipped += Math.max(0, this.waiting - kept);
    this.waiting = 0;
    this.isPaused = false;
    this.fresh = new Set();
    this.records = this.#held;
  }

  /** Ends it for good. */
  close(): void {
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
    if (this.isPaused) {
      this.waiting += added.length;
    } else {
      this.fresh = new Set(this.#isFirst ? [] : added.map(recordId));
      this.records = this.#held;
    }
    this.#isFirst = false;
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
