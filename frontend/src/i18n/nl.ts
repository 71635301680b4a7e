import type { Texts } from './en';

/** Dutch texts of the frame and of what several pages share. */
export const nl: Texts = {
  bank: 'Open Bank',
  menu: "Pagina's",
  skip: 'Naar de inhoud',
  home: 'Begin',
  bankEmployee: 'Bankmedewerker',
  client: 'Klant',
  background: 'Achtergrond',
  flow: 'Stroom',
  languages: { en: 'Engels', nl: 'Nederlands' },
  language: 'Taal',
  themes: {
    system: 'Kleuren: zoals het systeem',
    light: 'Kleuren: licht',
    dark: 'Kleuren: donker',
  },
  loading: 'Laden…',
  pageFailed: 'Deze pagina kon niet worden opgehaald.',
  tryAgain: 'Opnieuw proberen',
  notFound: 'Hier is geen pagina',
  notFoundHint: 'Misschien staat er een tikfout in het adres.',
  toHome: 'Naar het begin',
  footer: 'Een bank van gebeurtenissen, om van te leren. Hier beweegt geen echt geld.',

  connecting: 'Verbinden…',
  connected: 'Live',
  reconnecting: 'Geen verbinding',
  reconnectingIn: (seconds) => `Geen verbinding, nieuwe poging over ${seconds} s`,
  tryNow: 'Nu proberen',

  transactions: 'Transacties',
  transactionsFailed: 'De bank kan de transacties nu niet geven. Het wordt opnieuw gevraagd.',
  noTransactions: 'Nog geen transacties',
  noTransactionsHint: 'Ze verschijnen hier op het moment dat ze gebeuren.',
  show: 'Toon',
  howMany: 'Hoeveel',
  shown: {
    'own account': 'Rekening',
    'new balance': 'Nieuw saldo',
    'debit/credit': 'Af of bij',
    'other account': 'Tegenpartij',
    'amount changed': 'Bedrag',
    description: 'Omschrijving',
  },
  in: 'Bij',
  out: 'Af',
  from: 'van',
  to: 'naar',
  ofAccount: 'Rekening',
  balanceAfter: 'Saldo',
  wayOfTransfer: 'De weg van deze overboeking',
  cash: 'Contant',
  companyAccount: 'De bank zelf',
  skipped: (count) => `${count} gingen te snel voorbij om te tonen`,
  fellBehind: 'De bank was sneller dan deze pagina; wat gemist werd, is opgehaald.',
  arrived: (count, newest) =>
    count === 1
      ? `Nieuwe transactie: ${newest}`
      : `${count} nieuwe transacties, de laatste: ${newest}`,

  refusals: {
    'invalid amount': 'De bank neemt dit bedrag niet aan.',
    'from is invalid': 'De bank kent de rekening niet waar dit vandaan komt.',
    "from and to can't be same for transfer": 'Dit is uw eigen rekening; kies een andere.',
    'invalid token': 'De bank aanvaardt uw aanmelding niet meer. Meld u af en opnieuw aan.',
    'insufficient funds': 'Er staat niet genoeg op uw rekening: die mag tot €-500,00 dalen.',
    'both to and from not known at this bank': 'De bank kent geen van beide rekeningen.',
    'invalid uuid': 'De bank kon het nummer van deze overboeking niet lezen.',
    'id was used for another command':
      'Het nummer van deze overboeking is al eerder gebruikt. Verstuur haar opnieuw.',
  },
  refusedBecause: (reason) => `De bank weigerde: ${reason}`,
  pendings: {
    'pending, ask again with the same uuid':
      'De bank heeft haar, en weet de uitkomst nog niet. Het wordt opnieuw gevraagd; het geld beweegt hoogstens één keer.',
    'the bank cannot keep requests now, ask again with the same uuid':
      'De bank kan haar nu niet aannemen. Het wordt opnieuw geprobeerd; het geld beweegt hoogstens één keer.',
    'the bank is busy, ask again with the same uuid':
      'De bank is druk. Het wordt opnieuw geprobeerd; het geld beweegt hoogstens één keer.',
  },
  noAnswerYet:
    'Nog geen antwoord. Het wordt opnieuw gevraagd; het geld beweegt hoogstens één keer.',
};
