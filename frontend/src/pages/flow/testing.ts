import type { Operation } from '../../graphql/operations';
import type { Sink } from '../../graphql/connection.svelte';
import type { Flow, FlowPart, Hop, TopicRecord } from '../../graphql/types';
import { TOPICS } from './map';

/** A connection of a test: it says what is subscribed to, and takes what the endpoint would say. */
export class TestConnection {
  state = { phase: 'connected' } as const;
  /** What is subscribed to now, oldest first. */
  open: { document: string; variables: unknown; sink: Sink<never> }[] = [];
  /** Answers of `ask`. */
  answer: (variables: never) => unknown = () => ({});
  #begins = new Set<() => void>();

  onConnected(begin: () => void): () => void {
    this.#begins.add(begin);
    begin();
    return () => this.#begins.delete(begin);
  }

  subscribe<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    sink: Sink<Data>,
  ): () => void {
    const one = { document: operation.document, variables, sink };
    this.open.push(one);
    return () => {
      this.open = this.open.filter((other) => other !== one);
    };
  }

  ask<Data, Variables>(_: Operation<Data, Variables>, variables: Variables): Promise<Data> {
    return Promise.resolve(this.answer(variables as never) as Data);
  }

  /** The connection was lost and is there again. */
  reconnect(): void {
    this.#begins.forEach((begin) => begin());
  }

  /** The endpoint says something to the newest subscription of a field. */
  say(field: string, data: unknown): void {
    this.#newest(field).next({ [field]: data } as never, {});
  }

  /** The newest subscription of a field ends with an error. */
  fail(field: string, fault: unknown): void {
    this.#newest(field).error(fault);
  }

  /** How many subscriptions of a field are open. */
  count(field: string): number {
    return this.#of(field).length;
  }

  #newest(field: string): Sink<never> {
    const newest = this.#of(field).at(-1);
    if (!newest) throw new Error(`nobody is subscribed to ${field}`);
    return newest.sink;
  }

  #of(field: string) {
    return this.open.filter(({ document }) => new RegExp(`\\b${field}\\b`).test(document));
  }
}

/** A document of a test that can be hidden. */
export class TestPage extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';

  show(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

/** A service's instance that has all it needs. */
export function part(name: string, other: Partial<FlowPart> = {}): FlowPart {
  const address = `http://localhost/${name}`;
  const one = { kind: 'SERVICE', name, address, up: true, ready: true, role: null, missing: [] };
  return { ...one, ...other } as FlowPart;
}

const GROUPS = [
  ['command-generator', 'heartbeat'],
  ['command-handler', 'confirm_account_creation'],
  ['command-handler', 'confirm_money_transfer'],
  ['graphql-endpoint', 'money_transfer_confirmed'],
  ['graphql-endpoint', 'balance_changed'],
] as const;

interface SnapshotOf {
  readonly second?: number;
  readonly records?: Record<string, number | null>;
  readonly perSecond?: Record<string, number>;
  readonly lags?: Record<string, number | null>;
  readonly parts?: readonly FlowPart[];
}

/** A snapshot of a bank that is well, but for what is said. */
export function snapshot(of: SnapshotOf = {}): Flow {
  const { second = 0, records = {}, perSecond = {}, lags = {} } = of;
  return {
    at: new Date(Date.UTC(2026, 10, 22, 7, 0, second)).toISOString(),
    interval_ms: 1000,
    topics: TOPICS.map(({ name }) => ({
      name,
      record: 'Record',
      partitions: 1,
      records: name in records ? (records[name] ?? null) : 0,
      records_per_second: perSecond[name] ?? 0,
      missing: null,
    })),
    groups: GROUPS.map(([service, topic]) => ({
      name: service,
      service,
      topic,
      lag: topic in lags ? (lags[topic] ?? null) : 0,
      missing: null,
    })),
    parts: of.parts ?? [
      ...['heartbeat', 'command-generator', 'command-handler', 'graphql-endpoint'].map((name) =>
        part(name),
      ),
      part('kafka-1', { kind: 'BROKER' }),
      part('registry', { kind: 'REGISTRY' }),
      part('postgres', { kind: 'DATABASE', role: 'primary' }),
    ],
  };
}

/** A record of a transfer's command. */
export function record(offset: number, other: Partial<TopicRecord> = {}): TopicRecord {
  return {
    partition: 0,
    offset,
    at: '2026-11-22T07:00:00.123000Z',
    timestamp_ms: 1795330800123,
    key: `00000000-0000-4000-8000-${String(offset).padStart(12, '0')}`,
    headers: [{ name: 'traceparent', value: '00-abc' }],
    record: 'ConfirmMoneyTransfer',
    schema_id: 4,
    value: `{"token":"***","amount":${offset}00}`,
    undecodable: null,
    key_bytes: 36,
    value_bytes: 80,
    ...other,
  };
}

/** A hop at so many microseconds; null where that is not known. */
export function hop(kind: Hop['kind'], atUs: number | null, other: Partial<Hop> = {}): Hop {
  return {
    kind,
    at: atUs === null ? null : new Date(Math.floor(atUs / 1000)).toISOString(),
    at_us: atUs,
    resolution_us: 1,
    topic: null,
    partition: null,
    offset: null,
    account: null,
    transaction_id: null,
    missing: atUs === null ? 'it is too long ago' : null,
    ...other,
  };
}
