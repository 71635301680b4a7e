import { dictionary } from '../../i18n/dictionary';

const en = {
  title: 'Client',
  loginTitle: 'Log in, or become a client',
  loginLead:
    'A name that the bank does not know yet gets a new account with the password that you give.',
  username: 'Name',
  password: 'Password',
  logIn: 'Log in',
  loggingIn: 'Logging in…',
  tooShort: (least: number) => `At least ${least} characters.`,
  atLeast: (least: number) => `${least} characters or more`,
  loginRefusals: {
    'incorrect password': 'This name is known, with another password.',
    'too many attempts, try again later':
      'Too many wrong passwords. Wait a minute, then try again.',
    'username and password must not be empty or too long': 'The name or the password is too long.',
    'pending, log in again': 'Your account is being made. Log in again in a moment.',
    'generated iban already exists, try again': 'No account number could be found. Log in again.',
    'the bank cannot look up users now, log in again later':
      'The bank cannot look up names now. Log in again later.',
    'the bank is busy, log in again later': 'The bank is busy. Log in again in a moment.',
  },
  loginRefused: (reason: string) => `The bank refused: ${reason}`,
  loginFailed: 'The bank did not answer. Try it again.',

  hello: (name: string) => `Hello ${name}`,
  yourAccount: 'Your account',
  copy: 'Copy the account number',
  copied: 'Copied',
  logOut: 'Log out',
  stillOpen:
    'The outcome of a transfer is not known yet. If you log out now, look at your transactions later.',
  logOutAnyway: 'Log out anyway',
  stay: 'Stay',

  deposit: 'Deposit cash',
  depositDescription: 'deposit',
  depositOf: (amount: string) => `Deposit ${amount}`,
  transfer: 'Transfer',
  amount: 'Amount',
  amountHint: '12,34 is euros; digits alone are cents.',
  understood: (amount: string) => `You transfer ${amount}`,
  toWhom: 'To',
  toHint: 'An account number, a name, or cash',
  toShown: (to: string) => `To ${to}`,
  description: 'Description',
  send: 'Transfer',
  amountRefusals: {
    empty: 'Fill in an amount.',
    unclear: 'This is no amount. Write 12,34 for euros, or 1234 for cents.',
    'not-positive': 'The amount must be more than nothing.',
    'too-large': 'At most €21.474.836,47 at once.',
  },
  toEmpty: 'Fill in whom it is for.',
  toTypo: 'There is a typing error in this account number: its check digits are wrong.',
  deskFull: 'Too many transfers have no outcome yet. Wait for those first.',
  alreadyOpen: 'The same transfer is being sent already; it is not sent twice.',
  doubleClick: 'That was a double click; it is sent once.',

  slips: 'Your orders',
  slipDeposit: (amount: string) => `${amount} deposited`,
  slipTransfer: (amount: string, to: string) => `${amount} to ${to}`,
  phases: {
    asking: 'Being sent…',
    pending: 'Waiting for the outcome…',
    done: 'Done',
    refused: 'Refused',
  },
  clear: 'Clear',
};

const nl: typeof en = {
  title: 'Klant',
  loginTitle: 'Meld u aan, of word klant',
  loginLead:
    'Een naam die de bank nog niet kent, krijgt een nieuwe rekening met het wachtwoord dat u geeft.',
  username: 'Naam',
  password: 'Wachtwoord',
  logIn: 'Aanmelden',
  loggingIn: 'Aanmelden…',
  tooShort: (least) => `Minstens ${least} tekens.`,
  atLeast: (least) => `${least} tekens of meer`,
  loginRefusals: {
    'incorrect password': 'Deze naam is bekend, met een ander wachtwoord.',
    'too many attempts, try again later':
      'Te vaak een verkeerd wachtwoord. Wacht een minuut en probeer het opnieuw.',
    'username and password must not be empty or too long': 'De naam of het wachtwoord is te lang.',
    'pending, log in again': 'Uw rekening wordt gemaakt. Meld u zo meteen opnieuw aan.',
    'generated iban already exists, try again':
      'Er is geen rekeningnummer gevonden. Meld u opnieuw aan.',
    'the bank cannot look up users now, log in again later':
      'De bank kan nu geen namen opzoeken. Meld u later opnieuw aan.',
    'the bank is busy, log in again later': 'De bank is druk. Meld u zo meteen opnieuw aan.',
  },
  loginRefused: (reason) => `De bank weigerde: ${reason}`,
  loginFailed: 'De bank gaf geen antwoord. Probeer het opnieuw.',

  hello: (name) => `Hallo ${name}`,
  yourAccount: 'Uw rekening',
  copy: 'Het rekeningnummer kopiëren',
  copied: 'Gekopieerd',
  logOut: 'Afmelden',
  stillOpen:
    'De uitkomst van een overboeking is nog niet bekend. Meldt u zich nu af, kijk dan later bij uw transacties.',
  logOutAnyway: 'Toch afmelden',
  stay: 'Blijven',

  deposit: 'Contant storten',
  depositDescription: 'deposit',
  depositOf: (amount) => `${amount} storten`,
  transfer: 'Overboeken',
  amount: 'Bedrag',
  amountHint: '12,34 is euro’s; cijfers alleen zijn centen.',
  understood: (amount) => `U boekt ${amount} over`,
  toWhom: 'Naar',
  toHint: 'Een rekeningnummer, een naam, of cash',
  toShown: (to) => `Naar ${to}`,
  description: 'Omschrijving',
  send: 'Overboeken',
  amountRefusals: {
    empty: 'Vul een bedrag in.',
    unclear: 'Dit is geen bedrag. Schrijf 12,34 voor euro’s, of 1234 voor centen.',
    'not-positive': 'Het bedrag moet meer zijn dan niets.',
    'too-large': 'Hoogstens €21.474.836,47 per keer.',
  },
  toEmpty: 'Vul in voor wie het is.',
  toTypo: 'Er staat een tikfout in dit rekeningnummer: de controlecijfers kloppen niet.',
  deskFull: 'Van te veel overboekingen is de uitkomst nog niet bekend. Wacht die eerst af.',
  alreadyOpen: 'Dezelfde overboeking wordt al verstuurd; ze gaat niet twee keer.',
  doubleClick: 'Dat was een dubbelklik; het gaat één keer.',

  slips: 'Uw opdrachten',
  slipDeposit: (amount) => `${amount} gestort`,
  slipTransfer: (amount, to) => `${amount} naar ${to}`,
  phases: {
    asking: 'Wordt verstuurd…',
    pending: 'Wacht op de uitkomst…',
    done: 'Gelukt',
    refused: 'Geweigerd',
  },
  clear: 'Opruimen',
};

export const texts = dictionary({ en, nl });
export type ClientTexts = typeof en;
