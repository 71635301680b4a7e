import type { Flow, FlowPart } from '../../graphql/types';
import type { ServiceName } from './map';

/** How a part is: it has all it needs, lacks something, does not answer, or nobody knows. */
export type Level = 'up' | 'lacking' | 'down' | 'unknown';

/** How a part is, all its instances together. */
export interface Status {
  readonly level: Level;
  readonly instances: readonly FlowPart[];
}

/** A part that is no service: a broker, the registry, the database. */
export interface Ground extends Status {
  readonly name: string;
}

const UNKNOWN: Status = { level: 'unknown', instances: [] };

/** How a service is. Without a connection the endpoint does not answer, and nothing is known of the others. */
export function serviceStatus(name: ServiceName, flow: Flow | null, isConnected: boolean): Status {
  if (!isConnected) return name === 'graphql-endpoint' ? { ...UNKNOWN, level: 'down' } : UNKNOWN;
  return statusOf(flow?.parts.filter((part) => part.kind === 'SERVICE' && part.name === name));
}

/** What the services stand on, in the order of the snapshot. */
export function groundStatuses(flow: Flow | null, isConnected: boolean): Ground[] {
  const parts = flow?.parts.filter(({ kind }) => kind !== 'SERVICE') ?? [];
  const names = [...new Set(parts.map(({ name }) => name))];
  if (names.length === 0) {
    return ['kafka', 'registry', 'postgres'].map((name) => ({ ...UNKNOWN, name }));
  }
  return names.map((name) => ({
    ...(isConnected ? statusOf(parts.filter((part) => part.name === name)) : UNKNOWN),
    name,
  }));
}

function statusOf(instances: readonly FlowPart[] | undefined): Status {
  if (!instances || instances.length === 0) return UNKNOWN;
  if (instances.every(({ up }) => !up)) return { level: 'down', instances };
  return { level: instances.every(({ ready }) => ready) ? 'up' : 'lacking', instances };
}

/** Fewer waiting records than this come and go with every batch. */
const LAG_LEAST = 20;
/** A reader that is this many seconds behind, or more, is worth a look. */
const LAG_S = 3;

/** Whether a reader is so far behind that it is worth a look. */
export function isBehind(lag: number | null, readPerSecond: number | null): boolean {
  return lag !== null && lag > Math.max(LAG_LEAST, LAG_S * (readPerSecond ?? 0));
}
