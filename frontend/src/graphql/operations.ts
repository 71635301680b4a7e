import type {
  Account,
  AccountArgs,
  AccountsArgs,
  GetAccountArgs,
  MoneyTransferArgs,
  PageInfo,
  StreamTransactionsArgs,
  Subscription,
  Transaction,
  TransactionsByIbanArgs,
} from './types';

/** A GraphQL document, with the types of what it gives and takes. */
export interface Operation<Data, Variables> {
  readonly document: string;
  /** Never there: it holds the types. */
  readonly types?: readonly [Data, Variables];
}

const TRANSACTION =
  'id iban new_balance changed_by from_to descr direction new_balance_cents changed_by_cents at account_seq';

/** A transaction as the pages show it. */
export type ShownTransaction = Omit<Transaction, 'cursor'>;

export const newestTransactions: Operation<
  { readonly transactions_by_iban: readonly (ShownTransaction | null)[] | null },
  TransactionsByIbanArgs
> = {
  document: `query ($iban: String!, $max_items: Int!) {
    transactions_by_iban(iban: $iban, max_items: $max_items) { ${TRANSACTION} }
  }`,
};

export const streamTransactions: Operation<
  { readonly stream_transactions: ShownTransaction | null },
  Pick<StreamTransactionsArgs, 'iban' | 'after'>
> = {
  document: `subscription ($iban: String, $after: Int) {
    stream_transactions(iban: $iban, after: $after) { ${TRANSACTION} }
  }`,
};

/** An account as a row of a page. */
export type ShownAccount = Omit<Account, 'created_at'>;

export const accountsPage: Operation<
  {
    readonly accounts: {
      readonly edges: readonly { readonly node: ShownAccount }[];
      readonly page_info: PageInfo;
    };
  },
  AccountsArgs
> = {
  document: `query ($first: Int, $after: String, $search: String) {
    accounts(first: $first, after: $after, search: $search) {
      edges { node { iban balance balance_cents last_activity account_seq a_type } }
      page_info { has_next_page end_cursor }
    }
  }`,
};

export const oneAccount: Operation<{ readonly account: Account | null }, AccountArgs> = {
  document: `query ($iban: String!) {
    account(iban: $iban) { iban balance balance_cents last_activity account_seq a_type created_at }
  }`,
};

export const getAccount: Operation<Pick<Subscription, 'get_account'>, GetAccountArgs> = {
  document: `subscription ($username: String!, $password: String!) {
    get_account(username: $username, password: $password) { iban token reason }
  }`,
};

export const moneyTransfer: Operation<Pick<Subscription, 'money_transfer'>, MoneyTransferArgs> = {
  document: `subscription ($uuid: String!, $token: String!, $amount: Int!, $from: String!, $to: String!, $descr: String!) {
    money_transfer(uuid: $uuid, token: $token, amount: $amount, from: $from, to: $to, descr: $descr) { uuid success reason }
  }`,
};
