import type { Flow } from '../../graphql/types';
import { readKey, topicOf, type ReadKey, type ServiceName, type TopicName } from './map';

/** How fast records are written to topics and read from them, per second, smoothed a little; null where that is not known. */
export interface Rates {
  readonly written: ReadonlyMap<string, number | null>;
  readonly read: ReadonlyMap<ReadKey, number | null>;
}

/** What is known before the first snapshot. */
export const NO_RATES: Rates = { written: new Map(), read: new Map() };

/** How much of a new figure is shown at once; the rest comes with the next ones. */
const SHARE_OF_NEW = 0.4;
/** What is left of a smoothed rate below this is nothing. */
const LEAST = 0.05;

/** Rates at a snapshot, from those at the one before. */
export function ratesAt(flow: Flow, before: { flow: Flow; rates: Rates } | null): Rates {
  const written = new Map(
    flow.topics.map(({ name, records_per_second }) => [
      name,
      smoothed(records_per_second, before?.rates.written.get(name)),
    ]),
  );
  const read = new Map<ReadKey, number | null>();
  for (const { service, topic } of flow.groups) {
    const key = readKey(service, topic);
    const rate = before && readPerSecond(before.flow, flow, service, topic);
    read.set(key, smoothed(rate, before?.rates.read.get(key)));
  }
  return { written, read };
}

/** What a group took in: what was written, less what it fell behind. */
function readPerSecond(before: Flow, now: Flow, service: string, topic: string): number | null {
  const [first, second] = [taken(before, service, topic), taken(now, service, topic)];
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1000;
  if (first === null || second === null || !(seconds > 0)) return null;
  return Math.max(0, (second - first) / seconds);
}

function taken(flow: Flow, service: string, topic: string): number | null {
  const records = flow.topics.find(({ name }) => name === topic)?.records ?? null;
  const lag = flow.groups.find((group) => group.service === service && group.topic === topic)?.lag;
  return records === null || lag === null || lag === undefined ? null : records - lag;
}

/** Less than this share of a topic, or than so many a second, may come of counting two things at two moments. */
const NOISE_SHARE = 0.15;
const NOISE_PER_SECOND = 0.5;

/**
 * What one service writes to a topic. Kafka counts by topic only; of a topic with two writers what the beats that the generator
 * read can account for is the generator's, and the rest the endpoint's.
 */
export function writtenBy(service: ServiceName, topic: TopicName, rates: Rates): number | null {
  const all = rates.written.get(topic) ?? null;
  const beats = rates.read.get(readKey('command-generator', 'heartbeat')) ?? null;
  if ((topicOf(topic)?.writers.length ?? 0) < 2 || all === null) return all;
  if (beats === null) return null;
  const rest = Math.max(0, all - beats);
  const isNoise = rest < Math.max(NOISE_PER_SECOND, NOISE_SHARE * Math.min(all, beats));
  const byEndpoint = isNoise ? 0 : rest;
  return service === 'graphql-endpoint' ? byEndpoint : all - byEndpoint;
}

function smoothed(
  rate: number | null | undefined,
  before: number | null | undefined,
): number | null {
  if (rate === null || rate === undefined) return null;
  if (before === null || before === undefined) return rate;
  const next = before + SHARE_OF_NEW * (rate - before);
  return next < LEAST ? 0 : next;
}
