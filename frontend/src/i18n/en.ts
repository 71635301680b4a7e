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
  language: 'Language',
  theme: 'Colours',
  themeSystem: 'As the system',
  themeLight: 'Light',
  themeDark: 'Dark',
  loading: 'Loading…',
  pageFailed: 'This page could not be fetched.',
  tryAgain: 'Try again',
  notFound: 'There is no page here',
  notFoundHint: 'The address may be mistyped.',
  toHome: 'To the home page',
};

export type Texts = typeof en;
