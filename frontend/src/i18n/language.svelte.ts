import { store, stored } from '../stored/stored';

/** The languages of these pages. */
export const LANGUAGES = ['en', 'nl'] as const;

/** A language of these pages. */
export type Language = (typeof LANGUAGES)[number];

const STORED = 'open-bank-language';

/** The reader's language: as asked for in the address, as chosen before, or as the browser says. */
class LanguageChoice {
  current = $state<Language>(first());

  /** Chooses a language, for later visits too. */
  choose(language: Language): void {
    this.current = language;
    store(STORED, language);
  }
}

function first(): Language {
  const asked = new URL(location.href).searchParams.get('lang');
  if (isLanguage(asked)) store(STORED, asked);
  const wanted = [asked, stored(STORED), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find(isLanguage) ?? 'en';
}

function isLanguage(text: string | null): text is Language {
  return LANGUAGES.some((language) => language === text);
}

export const language = new LanguageChoice();
