// Written by `npm run types` from the schema of graphql-endpoint. Do not edit.

/** An account of this bank. */
export interface Account {
  /** Its number. */
  readonly iban: string;
  /** The balance, as Dutch text. */
  readonly balance: string;
  /** The balance. */
  readonly balance_cents: string;
  /** When its last transaction was booked, by RFC 3339 in UTC; null without one, or where the handler does not say. */
  readonly last_activity: string | null;
  /** How many transactions it has; null where the handler does not say. */
  readonly account_seq: number | null;
  /** AUTO takes part in generated transfers, MANUAL belongs to a person; null where that is not known. */
  readonly a_type: string | null;
  /** When it was made, by RFC 3339 in UTC; null where that is not known. */
  readonly created_at: string | null;
}

/** A page of accounts, by number. */
export interface AccountConnection {
  /** The accounts of this page. */
  readonly edges: readonly AccountEdge[];
  /** What comes after this page. */
  readonly page_info: PageInfo;
}

/** An account in a page. */
export interface AccountEdge {
  /** Where a page that begins behind this account goes on, as after. */
  readonly cursor: string;
  /** The account. */
  readonly node: Account;
}

/** The account of who logged in, or the reason why there is none. */
export interface AccountResult {
  /** The account's number. */
  readonly iban: string | null;
  /** The account's secret, which every transfer from it needs. */
  readonly token: string | null;
  /** Why there is no account. */
  readonly reason: string | null;
}

/** What flows, at one moment. */
export interface Flow {
  /** When, by RFC 3339 in UTC. */
  readonly at: string;
  /** Milliseconds between two snapshots. */
  readonly interval_ms: number;
  /** The bank's topics, always all of them, in the order of the topology. */
  readonly topics: readonly FlowTopic[];
  /** How far those who read are behind, always all of them, in the same order. */
  readonly groups: readonly FlowGroup[];
  /** The services, brokers, registry and database, as far as they are known, in the same order. */
  readonly parts: readonly FlowPart[];
}

/** How far a consumer group is behind in a topic. */
export interface FlowGroup {
  /** The consumer group. */
  readonly name: string;
  /** The service that reads. */
  readonly service: string;
  /** The topic. */
  readonly topic: string;
  /** Records that it has not taken in; null while that is not known. */
  readonly lag: number | null;
  /** Why it is not known; null when it is. */
  readonly missing: string | null;
}

/** How a part of the bank is. */
export interface FlowPart {
  /** What kind. */
  readonly kind: FlowPartKind;
  /** The service's name (more than once where several instances are set), `kafka-` and the broker's node id (`kafka` while no broker ever answered), `registry` or `postgres`. */
  readonly name: string;
  /** Host and port, or URL. */
  readonly address: string;
  /** Whether it answers. */
  readonly up: boolean;
  /** Whether it has all it needs; false when it does not answer. */
  readonly ready: boolean;
  /** What it does now where it can do several things, as active, standby or primary. */
  readonly role: string | null;
  /** What it lacks; empty when it is ready. */
  readonly missing: readonly string[];
}

/** What kind of part of the bank. */
export type FlowPartKind = 'SERVICE' | 'BROKER' | 'REGISTRY' | 'DATABASE';

/** What flows through a topic. */
export interface FlowTopic {
  /** The contract's name. */
  readonly name: string;
  /** The name of the record that it holds. */
  readonly record: string;
  /** Null while Kafka does not tell; the next two as well. */
  readonly partitions: number | null;
  /** Records ever written to it: the sum of the partitions' end offsets. */
  readonly records: number | null;
  /** Since the snapshot before; null in the first one, and in the first after an outage. */
  readonly records_per_second: number | null;
  /** Why something is not known; null when all is. */
  readonly missing: string | null;
}

/** A hop of a journey. */
export interface Hop {
  /** What it is. */
  readonly kind: HopKind;
  /** When, by RFC 3339 in UTC; null when it is not known. */
  readonly at: string | null;
  /** The same in microseconds since 1970 UTC. */
  readonly at_us: number | null;
  /** How exact the time is, in microseconds: 1, or 1000 where only Kafka's timestamp is known, which is rounded down. */
  readonly resolution_us: number;
  /** The topic of its record; null, as the next two, where it is none or it was not found. */
  readonly topic: string | null;
  /** The record's partition. */
  readonly partition: number | null;
  /** The record's offset. */
  readonly offset: number | null;
  /** The account, where the hop is of one change. */
  readonly account: string | null;
  /** The transaction, where the hop is of one change that can be asked for. */
  readonly transaction_id: number | null;
  /** Why the time is not known; null when it is. */
  readonly missing: string | null;
}

/** What a hop is. */
export type HopKind =
  'REQUESTED' | 'PRODUCED' | 'DECIDED' | 'PUBLISHED' | 'PROJECTED' | 'DELIVERED' | 'ANSWERED';

/** The way of one transfer through the bank. */
export interface Journey {
  /** The command's id, lower-case and hyphenated; null when it was not found. */
  readonly uuid: string | null;
  /** What became of it. */
  readonly result: JourneyResult;
  /** Why it was refused. */
  readonly reason: string | null;
  /** The event's number; null where the handler does not say. */
  readonly event: number | null;
  /** The amount that was asked for; null, as the next three, when the command was not found. */
  readonly amount_cents: string | null;
  /** Who pays. */
  readonly from: string | null;
  /** Who is paid. */
  readonly to: string | null;
  /** What it was for. */
  readonly descr: string | null;
  /** The transactions that it caused and that can be asked for, the debit first. */
  readonly transaction_ids: readonly number[];
  /** The hops in the order of the way: REQUESTED, PRODUCED, DECIDED, PUBLISHED (the outcome, then each change of a balance), PROJECTED and DELIVERED (each once per change), ANSWERED. REQUESTED and ANSWERED are left out where this bank's endpoint was not asked for the transfer, and those of changes where there is no change. Every other hop is there, also where its time is not known. */
  readonly hops: readonly Hop[];
}

/** What became of a transfer. */
export type JourneyResult = 'CONFIRMED' | 'FAILED' | 'UNDECIDED' | 'UNKNOWN';

/** What became of a transfer. */
export interface MoneyTransferResult {
  /** The uuid as it was sent. */
  readonly uuid: string | null;
  /** Whether the money has moved; null while that is not known. */
  readonly success: boolean | null;
  /** Why not, or why it is not known. */
  readonly reason: string | null;
}

/** What comes after a page. */
export interface PageInfo {
  /** Whether there are more. */
  readonly has_next_page: boolean;
  /** The cursor of the last of this page; null for an empty page. */
  readonly end_cursor: string | null;
}

/** A header of a record. */
export interface RecordHeader {
  /** Its name. */
  readonly name: string;
  /** Its value, with U+FFFD for bytes that are no text; null where it has none. */
  readonly value: string | null;
}

/** A record of a topic. Account tokens in it are `***`, long texts are cut. */
export interface TopicRecord {
  /** Its partition. */
  readonly partition: number;
  /** Its offset in the partition. */
  readonly offset: number;
  /** When its sender wrote it, by RFC 3339 in UTC, to the millisecond: Kafka keeps no more. Null where it has no time. */
  readonly at: string | null;
  /** The same in milliseconds since 1970 UTC. */
  readonly timestamp_ms: number | null;
  /** Its key, with U+FFFD for bytes that are no text; null where it has none. */
  readonly key: string | null;
  /** Its headers, in order. */
  readonly headers: readonly RecordHeader[];
  /** The name of the record, as `ConfirmMoneyTransfer`; null when it cannot be read. */
  readonly record: string | null;
  /** The id of the schema it was written with; null where it is not in the registry's format. */
  readonly schema_id: number | null;
  /** The record as JSON by the bank's schema, an object of its fields; cents may be beyond 2^53. Null when it cannot be read. */
  readonly value: string | null;
  /** Why it cannot be read; null when it can. Never holds bytes of the record. */
  readonly undecodable: string | null;
  /** Bytes of its key. */
  readonly key_bytes: number;
  /** Bytes of its value; null where there is none. */
  readonly value_bytes: number | null;
}

/** Records of a topic. */
export interface TopicRecords {
  /** New ones since the message before, oldest first. */
  readonly records: readonly TopicRecord[];
  /** Records passed over since the message before, because more came than are shown. */
  readonly skipped: number;
  /** Why none can be read now; the reader goes on by itself. Told once: the next message without it says that it is over. */
  readonly missing: string | null;
}

/** A change of one account's balance. */
export interface Transaction {
  /** Stays the same for ever; below 2^53. */
  readonly id: number;
  /** The account whose balance changed. */
  readonly iban: string | null;
  /** The balance after it, as Dutch text: €1.234,56 or €-500,00. */
  readonly new_balance: string | null;
  /** The change without its sign, as Dutch text. */
  readonly changed_by: string | null;
  /** The other side: an IBAN, cash or a name. */
  readonly from_to: string | null;
  /** What it was for. */
  readonly descr: string | null;
  /** Out of the account or into it. */
  readonly direction: Dtype | null;
  /** The balance after it. */
  readonly new_balance_cents: string | null;
  /** The change, negative for a debit. */
  readonly changed_by_cents: string | null;
  /** When it was booked, by RFC 3339 in UTC; null where the handler does not say. */
  readonly at: string | null;
  /** The account's own count of its changes, from 1; null where the handler does not say. */
  readonly account_seq: number | null;
  /** Where `stream_transactions` goes on behind this one, as `after_cursor`; null outside a subscription. */
  readonly cursor: string | null;
}

/** Whether money went out of the account (DEBIT) or into it (CREDIT). */
export type Dtype = 'DEBIT' | 'CREDIT';

/** What can be asked once. */
export interface Query {
  /** The transaction with this id; null where there is none. */
  readonly transaction_by_id: Transaction | null;
  /** The newest transactions of an account, newest first. */
  readonly transactions_by_iban: readonly (Transaction | null)[] | null;
  /** The last transaction of each account, by IBAN. Beyond 10,000 accounts this is an error: page through accounts. */
  readonly all_last_transactions: readonly (Transaction | null)[] | null;
  /** Accounts by number, a page at a time: the first so many behind a cursor, of which the IBAN begins with `search`, or ends with it where those are digits. */
  readonly accounts: AccountConnection;
  /** The way of one transfer, by the id of a transaction, by the uuid of its command or by the number of its event (header `event` of an outcome and of a change): give one of them. A uuid that this endpoint was not asked for, and an event of which it has no transaction, is looked for in the newest records, or around `around_ms` (milliseconds since 1970 UTC, as `timestamp_ms` of a record) where that is given. The search is bounded in records and time; what it does not find is a hop without time that says why. */
  readonly journey: Journey;
  /** One account; null where there is none. */
  readonly account: Account | null;
}

/** What is answered as it happens. */
export interface Subscription {
  /** Transactions from now on, or behind `after` (an id of a transaction of `iban`) or `after_cursor` (a transaction's cursor), each once. Amounts are signed cents, negative for a debit. Who reads too slowly is told with the extension `fell_behind` of a result, and misses nothing. */
  readonly stream_transactions: Transaction | null;
  /** The account of who knows the password. An unknown username gets a new account with that password. */
  readonly get_account: AccountResult | null;
  /** What flows: a snapshot at once (of at most two intervals ago) and then about one in each interval. All who look share one task, and there is none while nobody looks. What is broken is told in the snapshot; it never ends the subscription. */
  readonly flow: Flow;
  /** The newest records of a topic, at once and in one message, also when there are none; then new ones, gathered for about 100 ms, and only so many a second (by default 50): what comes beyond that is passed over and counted in `skipped`. Only so many readers run at once for all clients together (by default 8); beyond, an error. `max_items` is 0 to 200 by default. */
  readonly topic_records: TopicRecords;
  /** Moves money. The same uuid again gives the same result, and moves nothing a second time. */
  readonly money_transfer: MoneyTransferResult | null;
}

/** Arguments of `transaction_by_id`. */
export interface TransactionByIdArgs {
  readonly id: number;
}

/** Arguments of `transactions_by_iban`. */
export interface TransactionsByIbanArgs {
  readonly iban: string;
  readonly max_items: number;
}

/** Arguments of `accounts`. */
export interface AccountsArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly search?: string | null;
}

/** Arguments of `journey`. */
export interface JourneyArgs {
  readonly transaction_id?: number | null;
  readonly uuid?: string | null;
  readonly around_ms?: number | null;
  readonly event?: number | null;
}

/** Arguments of `account`. */
export interface AccountArgs {
  readonly iban: string;
}

/** Arguments of `stream_transactions`. */
export interface StreamTransactionsArgs {
  readonly iban?: string | null;
  readonly min_amount?: number | null;
  readonly direction?: Dtype | null;
  readonly max_amount?: number | null;
  readonly descr_includes?: string | null;
  readonly after?: number | null;
  readonly after_cursor?: string | null;
}

/** Arguments of `get_account`. */
export interface GetAccountArgs {
  readonly username: string;
  readonly password: string;
}

/** Arguments of `topic_records`. */
export interface TopicRecordsArgs {
  readonly topic: string;
  readonly max_items: number;
}

/** Arguments of `money_transfer`. */
export interface MoneyTransferArgs {
  readonly uuid: string;
  readonly token: string;
  readonly amount: number;
  readonly from: string;
  readonly to: string;
  readonly descr: string;
}
