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
  /** One account; null where there is none. */
  readonly account: Account | null;
}

/** What is answered as it happens. */
export interface Subscription {
  /** Transactions from now on, or behind `after` (an id of a transaction of `iban`) or `after_cursor` (a transaction's cursor), each once. Amounts are signed cents, negative for a debit. Who reads too slowly is told with the extension `fell_behind` of a result, and misses nothing. */
  readonly stream_transactions: Transaction | null;
  /** The account of who knows the password. An unknown username gets a new account with that password. */
  readonly get_account: AccountResult | null;
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

/** Arguments of `money_transfer`. */
export interface MoneyTransferArgs {
  readonly uuid: string;
  readonly token: string;
  readonly amount: number;
  readonly from: string;
  readonly to: string;
  readonly descr: string;
}
