/** English texts of the frame and of what several pages share. */
export const en = {
  bank: 'Open Bank',
  menu: 'Pages',
  skip: 'Skip to the content',
  home: 'Home',
  bankEmployee: 'Bank employee',
  client: 'Client',
  background: 'Background',
  flow: 'Flow',
  languages: { en: 'English', nl: 'Dutch' },
  language: 'Language',
  themes: {
    system: 'Colours: as the system',
    light: 'Colours: light',
    dark: 'Colours: dark',
  },
  loading: 'Loading…',
  pageFailed: 'This page could not be fetched.',
  tryAgain: 'Try again',
  notFound: 'There is no page here',
  notFoundHint: 'The address may be mistyped.',
  toHome: 'To the home page',
  footer: 'A bank made of events, to learn from. No real money moves here.',

  connecting: 'Connecting…',
  connected: 'Live',
  reconnecting: 'No connection',
  reconnectingIn: (seconds: number) => `No connection, next try in ${seconds} s`,
  tryNow: 'Try now',

  transactions: 'Transactions',
  transactionsFailed: 'The bank cannot give the transactions now. It is asked again.',
  noTransactions: 'No transactions yet',
  noTransactionsHint: 'They appear here the moment they happen.',
  show: 'Show',
  howMany: 'How many',
  shown: {
    'own account': 'Account',
    'new balance': 'New balance',
    'debit/credit': 'In or out',
    'other account': 'Other side',
    'amount changed': 'Amount',
    description: 'Description',
  },
  in: 'In',
  out: 'Out',
  from: 'from',
  to: 'to',
  ofAccount: 'Account',
  balanceAfter: 'Balance',
  wayOfTransfer: 'The way of this transfer',
  cash: 'Cash',
  companyAccount: 'The bank itself',
  skipped: (count: string) => `${count} went by too fast to show`,
  fellBehind: 'The bank was faster than this page; what was missed has been fetched.',
  arrived: (count: number, newest: string) =>
    count === 1 ? `New transaction: ${newest}` : `${count} new transactions, the last: ${newest}`,

  refusals: {
    'invalid amount': 'The bank does not take this amount.',
    'from is invalid': 'The bank does not know the account that this comes from.',
    "from and to can't be same for transfer": 'This is your own account; choose another one.',
    'invalid token': 'The bank does not accept your log-in any more. Log out and in again.',
    'insufficient funds': 'There is not enough in your account: it may go down to €-500,00.',
    'both to and from not known at this bank': 'The bank knows neither of the two accounts.',
    'invalid uuid': 'The bank could not read the number of this transfer.',
    'id was used for another command':
      'The number of this transfer was used before. Send it again.',
  },
  refusedBecause: (reason: string) => `The bank refused: ${reason}`,
  pendings: {
    'pending, ask again with the same uuid':
      'The bank has it, and does not know the outcome yet. It is asked again; the money moves once at most.',
    'the bank cannot keep requests now, ask again with the same uuid':
      'The bank cannot take it now. It is tried again; the money moves once at most.',
    'the bank is busy, ask again with the same uuid':
      'The bank is busy. It is tried again; the money moves once at most.',
  },
  noAnswerYet: 'No answer yet. It is asked again; the money moves once at most.',
};

/** The texts that each language has. */
export type Texts = typeof en;
