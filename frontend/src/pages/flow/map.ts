/** Who writes what, and who reads it: what the contract fixes. */

/** The programs of the bank that write or read topics. */
export const SERVICES = [
  'heartbeat',
  'command-generator',
  'command-handler',
  'graphql-endpoint',
] as const;

/** A program of the bank. */
export type ServiceName = (typeof SERVICES)[number];

/** What a topic is for: the bank's pulse, what is asked, or what became of it. */
export type Stage = 'pulse' | 'command' | 'event';

/** A topic with those around it. */
export interface MappedTopic {
  readonly name: string;
  readonly stage: Stage;
  readonly writers: readonly ServiceName[];
  readonly readers: readonly ServiceName[];
  /** By what its records name the transfer that they are of: their key, its uuid, or its event's number in a header. */
  readonly names: 'uuid' | 'event' | null;
}

/** The topics, in the order of the way through the bank. */
export const TOPICS = [
  topic('heartbeat', 'pulse', ['heartbeat'], ['command-generator']),
  topic(
    'confirm_account_creation',
    'command',
    ['command-generator', 'graphql-endpoint'],
    ['command-handler'],
  ),
  topic(
    'confirm_money_transfer',
    'command',
    ['command-generator', 'graphql-endpoint'],
    ['command-handler'],
    'uuid',
  ),
  topic(
    'account_creation_confirmed',
    'event',
    ['command-handler'],
    ['graphql-endpoint', 'command-generator'],
  ),
  topic('account_creation_failed', 'event', ['command-handler'], ['graphql-endpoint']),
  topic('money_transfer_confirmed', 'event', ['command-handler'], ['graphql-endpoint'], 'uuid'),
  topic('money_transfer_failed', 'event', ['command-handler'], ['graphql-endpoint'], 'uuid'),
  topic('balance_changed', 'event', ['command-handler'], ['graphql-endpoint'], 'event'),
] as const satisfies readonly MappedTopic[];

/** The contract's name of a topic. */
export type TopicName = (typeof TOPICS)[number]['name'];

/** The topic of a name; undefined where there is none. */
export function topicOf(name: string): (typeof TOPICS)[number] | undefined {
  return TOPICS.find((topic) => topic.name === name);
}

/** Whether there is a service of this name. */
export function isService(name: string | null): name is ServiceName {
  return SERVICES.some((service) => service === name);
}

/** One service reading one topic, as a key of maps. */
export type ReadKey = `${ServiceName}<${TopicName}`;

/** The key of a service reading a topic. */
export function readKey(service: string, topic: string): ReadKey {
  return `${service}<${topic}` as ReadKey;
}

function topic<const Name extends string>(
  name: Name,
  stage: Stage,
  writers: readonly ServiceName[],
  readers: readonly ServiceName[],
  names: MappedTopic['names'] = null,
): MappedTopic & { readonly name: Name } {
  return { name, stage, writers, readers, names };
}
