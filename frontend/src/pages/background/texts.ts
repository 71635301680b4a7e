import { dictionary } from '../../i18n/dictionary';

const en = {
  title: 'How it works',
  tab: 'Background',
  lead: 'No part of this bank calls another. They read and write events in Kafka, so that each can be stopped, replaced, or written anew in another language, while money keeps moving.',

  wayTitle: 'The way of a transfer',
  wayPicture:
    'A picture: the browser talks to the endpoint; the endpoint writes a command to a topic; the command handler reads it, decides with its database, and writes events to topics; the endpoint reads those and tells the browser.',
  way: [
    'Your browser asks for a transfer over a WebSocket, with a uuid of its own.',
    'The endpoint keeps the request, and writes a command to confirm_money_transfer.',
    'The command handler decides: is the log-in right, is there enough? The decision is one row in its database; only then it counts.',
    'From that row it publishes what happened: money_transfer_confirmed or money_transfer_failed, and a balance_changed for each account.',
    'The endpoint projects the changes into a database of its own, and pushes them to every browser that looks at one of the two accounts.',
  ],
  browser: 'Browser',
  endpoint: 'GraphQL endpoint',
  handler: 'Command handler',
  database: 'Database',

  logTitle: 'Events, not balances',
  log: 'A balance is not a number that is overwritten. It is what remains when all changes of an account are added up, from the first on. The changes are kept for ever, in order; who wants to know something new about the past reads them again.',
  logPicture:
    'A picture: four changes of an account in the order they happened, plus 10, plus 20, minus 12.34 and plus 5 euros, and below each the balance after it.',
  offset: 'offset',
  balance: 'balance',

  onceTitle: 'Never twice',
  once: 'Anything may fail between the question and the answer. Then the page asks again, with the same uuid, and the bank answers what it decided the first time. A double click, a reload or a lost connection moves money once.',
  oncePicture:
    'A picture: the same transfer is sent two times with one uuid; the bank books it once, and gives the same answer both times.',
  sent: 'sent',
  sentAgain: 'sent again',
  booked: 'booked once',
  sameAnswer: 'the same answer',

  benchmarkTitle: 'The benchmark',
  benchmark:
    'The same bank with command handlers in several languages: how long it takes from a click to the new amount on the page, and what the machine has to do for that, while more and more other transfers run.',
  source: 'Source',
  resultsFailed: 'The results could not be read.',
  charts: {
    latency: 'From click to amount',
    cpu: 'CPU',
    memory: 'Memory',
    way: 'From one known step to the next',
    counts: 'What was counted',
  },
  units: { latency: 'ms', cpu: '% of all cores', memory: 'MiB', way: 'ms', counts: 'number' },
  columns: {
    mean: 'Mean ± standard error',
    median: 'Median',
    p95: '95th percentile',
    p99: '99th percentile',
    min: 'Least',
    max: 'Most',
    outside: 'Looked at every 50 ms',
    handler: 'Handler',
    database: 'Database',
    broker: 'Broker',
    endpoint: 'Endpoint',
    requested: 'To the endpoint',
    produced: 'To Kafka',
    decided: 'Decided',
    published: 'Published',
    projected: 'Projected',
    delivered: 'Delivered',
    shown: 'Shown',
    interactions: 'Interactions',
    timeouts: 'Time-outs',
    heartbeats: 'Messages a second',
  },
  load: 'Other messages a second',
  who: 'Command handler',
  breakingTitle: 'The highest load that was held',
  breaking:
    'Other messages a second at which every click was still answered in time; the middle one of several runs.',
  orMore: (load: string) => `${load}, and did not break`,
  chartOf: (chart: string, column: string) => `${chart}, ${column.toLowerCase()}, by load`,
  asTable: 'The figures as a table',
  shownLines: 'Lines',
};

const nl: typeof en = {
  title: 'Hoe het werkt',
  tab: 'Achtergrond',
  lead: 'Geen deel van deze bank roept een ander aan. Ze lezen en schrijven gebeurtenissen in Kafka, zodat elk deel kan worden gestopt, vervangen of in een andere taal opnieuw geschreven, terwijl het geld blijft bewegen.',

  wayTitle: 'De weg van een overboeking',
  wayPicture:
    'Een tekening: de browser praat met het endpoint; het endpoint schrijft een opdracht naar een topic; de command handler leest die, besluit met zijn database, en schrijft gebeurtenissen naar topics; het endpoint leest die en vertelt het de browser.',
  way: [
    'Uw browser vraagt via een WebSocket om een overboeking, met een eigen uuid.',
    'Het endpoint bewaart het verzoek, en schrijft een opdracht naar confirm_money_transfer.',
    'De command handler besluit: klopt de aanmelding, staat er genoeg? Het besluit is één rij in zijn database; pas dan telt het.',
    'Vanuit die rij publiceert hij wat er gebeurd is: money_transfer_confirmed of money_transfer_failed, en een balance_changed per rekening.',
    'Het endpoint verwerkt de veranderingen in een eigen database, en stuurt ze naar elke browser die naar een van de twee rekeningen kijkt.',
  ],
  browser: 'Browser',
  endpoint: 'GraphQL-endpoint',
  handler: 'Command handler',
  database: 'Database',

  logTitle: 'Gebeurtenissen, geen saldo’s',
  log: 'Een saldo is geen getal dat wordt overschreven. Het is wat overblijft als alle veranderingen van een rekening worden opgeteld, vanaf de eerste. De veranderingen blijven voor altijd bewaard, op volgorde; wie iets nieuws over het verleden wil weten, leest ze opnieuw.',
  logPicture:
    'Een tekening: vier veranderingen van een rekening in de volgorde waarin ze gebeurden, plus 10, plus 20, min 12,34 en plus 5 euro, met onder elk het saldo erna.',
  offset: 'offset',
  balance: 'saldo',

  onceTitle: 'Nooit twee keer',
  once: 'Tussen vraag en antwoord kan alles misgaan. Dan vraagt de pagina het opnieuw, met dezelfde uuid, en antwoordt de bank wat ze de eerste keer besloot. Een dubbelklik, herladen of een verloren verbinding beweegt het geld één keer.',
  oncePicture:
    'Een tekening: dezelfde overboeking wordt twee keer verstuurd met één uuid; de bank boekt haar één keer, en geeft beide keren hetzelfde antwoord.',
  sent: 'verstuurd',
  sentAgain: 'nog eens',
  booked: '1× geboekt',
  sameAnswer: 'hetzelfde antwoord',

  benchmarkTitle: 'De meting',
  benchmark:
    'Dezelfde bank met command handlers in verschillende talen: hoe lang het duurt van een klik tot het nieuwe bedrag op de pagina, en wat de machine daarvoor moet doen, terwijl er steeds meer andere overboekingen lopen.',
  source: 'Bron',
  resultsFailed: 'De resultaten konden niet worden gelezen.',
  charts: {
    latency: 'Van klik tot bedrag',
    cpu: 'CPU',
    memory: 'Geheugen',
    way: 'Van bekende stap tot bekende stap',
    counts: 'Wat is geteld',
  },
  units: { latency: 'ms', cpu: '% van alle cores', memory: 'MiB', way: 'ms', counts: 'aantal' },
  columns: {
    mean: 'Gemiddeld ± standaardfout',
    median: 'Mediaan',
    p95: '95e percentiel',
    p99: '99e percentiel',
    min: 'Minst',
    max: 'Meest',
    outside: 'Elke 50 ms bekeken',
    handler: 'Handler',
    database: 'Database',
    broker: 'Broker',
    endpoint: 'Endpoint',
    requested: 'Naar het endpoint',
    produced: 'Naar Kafka',
    decided: 'Besloten',
    published: 'Gepubliceerd',
    projected: 'Geprojecteerd',
    delivered: 'Bezorgd',
    shown: 'Getoond',
    interactions: 'Handelingen',
    timeouts: 'Over de tijdslimiet',
    heartbeats: 'Berichten per seconde',
  },
  load: 'Andere berichten per seconde',
  who: 'Command handler',
  breakingTitle: 'De hoogste belasting die werd volgehouden',
  breaking:
    'Andere berichten per seconde waarbij elke klik nog op tijd werd beantwoord; van meerdere metingen de middelste.',
  orMore: (load) => `${load}, en bezweek niet`,
  chartOf: (chart, column) => `${chart}, ${column.toLowerCase()}, naar belasting`,
  asTable: 'De cijfers als tabel',
  shownLines: 'Lijnen',
};

export const texts = dictionary({ en, nl });
