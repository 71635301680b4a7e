import type { TopicRecord } from '../../../graphql/types';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const EVENT = /^event-(\d{1,16})$/;
const ID_MOST = Number.MAX_SAFE_INTEGER;
/** Beyond this the endpoint knows no events: the ids of their transactions would not be exact. */
const EVENT_MOST = 2 ** 52 - 2;

/** How a transfer is asked for. */
export type TransferId =
  { readonly transaction_id: number } | { readonly uuid: string } | { readonly event: number };

/** What a text names: a transaction by its number, a transfer by its uuid, or one by its event; null for none of them. */
export function transferId(text: string): TransferId | null {
  const tidy = text.trim().toLowerCase();
  if (UUID.test(tidy)) return { uuid: tidy };
  const event = Number(EVENT.exec(tidy)?.[1]);
  if (event > 0 && event <= EVENT_MOST) return { event };
  if (!/^\d{1,16}$/.test(tidy)) return null;
  const id = Number(tidy);
  return id > 0 && id <= ID_MOST ? { transaction_id: id } : null;
}

/** Where the journey of a transfer is. */
export function journeyHref(id: string | number, aroundMs: number | null = null): string {
  return `/flow/transfer/${id}${aroundMs === null ? '' : `?around=${aroundMs}`}`;
}

/** A record of a topic, as far as it tells of which transfer it is. */
type OfTransfer = Pick<TopicRecord, 'key' | 'headers' | 'timestamp_ms'>;

/**
 * The journey of the transfer that a record is of, and the transfer's name in it; null where the record does not say. Commands and
 * outcomes have the transfer's uuid as key. What the transfer changed has its event's number, and when that was decided.
 */
export function journeyOf(
  { key, headers, timestamp_ms }: OfTransfer,
  names: 'uuid' | 'event' | null,
): { readonly name: string; readonly href: string } | null {
  if (names === 'uuid')
    return key !== null && transferId(key)
      ? { name: key, href: journeyHref(key, timestamp_ms) }
      : null;
  const header = (wanted: string) => headers.find(({ name }) => name === wanted)?.value ?? '';
  const name = `event-${header('event')}`;
  if (names === null || !transferId(name)) return null;
  const bookedAt = /^\d{1,16}$/.exec(header('booked-at'))?.[0];
  const decidedMs = bookedAt === undefined ? timestamp_ms : Math.floor(Number(bookedAt) / 1000);
  return { name, href: journeyHref(name, decidedMs) };
}
