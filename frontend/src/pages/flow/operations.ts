import type { Operation } from '../../graphql/operations';
import type {
  Journey,
  JourneyArgs,
  Query,
  Subscription,
  TopicRecordsArgs,
} from '../../graphql/types';

export const flowSnapshots: Operation<Pick<Subscription, 'flow'>, Record<string, never>> = {
  document: `subscription {
    flow {
      at interval_ms
      topics { name record partitions records records_per_second missing }
      groups { name service topic lag missing }
      parts { kind name address up ready role missing }
    }
  }`,
};

export const topicRecords: Operation<Pick<Subscription, 'topic_records'>, TopicRecordsArgs> = {
  document: `subscription ($topic: String!, $max_items: Int!) {
    topic_records(topic: $topic, max_items: $max_items) {
      records {
        partition offset at timestamp_ms key headers { name value }
        record schema_id value undecodable key_bytes value_bytes
      }
      skipped missing
    }
  }`,
};

const JOURNEY: readonly (keyof Journey)[] = [
  'uuid',
  'result',
  'reason',
  'event',
  'amount_cents',
  'from',
  'to',
  'descr',
  'transaction_ids',
];

export const transferJourney: Operation<Pick<Query, 'journey'>, JourneyArgs> = {
  document: `query ($transaction_id: Int, $uuid: String, $event: Int, $around_ms: Int) {
    journey(transaction_id: $transaction_id, uuid: $uuid, event: $event, around_ms: $around_ms) {
      ${JOURNEY.join(' ')}
      hops { kind at at_us resolution_us topic partition offset account transaction_id missing }
    }
  }`,
};
