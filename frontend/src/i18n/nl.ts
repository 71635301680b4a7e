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
  language: 'Taal',
  theme: 'Kleuren',
  themeSystem: 'Zoals het systeem',
  themeLight: 'Licht',
  themeDark: 'Donker',
  loading: 'Laden…',
  pageFailed: 'Deze pagina kon niet worden opgehaald.',
  tryAgain: 'Opnieuw proberen',
  notFound: 'Hier is geen pagina',
  notFoundHint: 'Misschien staat er een tikfout in het adres.',
  toHome: 'Naar het begin',
};
