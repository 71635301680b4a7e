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
    try {
      localStorage.setItem(STORED, language);
    } catch {
      // Without a store the choice lasts as long as the page.
    }
  }
}

function first(): Language {
  const asked = new URL(location.href).searchParams.get('lang');
  const wanted = [asked, stored(), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find(isLanguage) ?? 'en';
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** Whether this is a language of these pages. */
export function isLanguage(text: string | null): text is Language {
  return LANGUAGES.some((language) => language === text);
}

export const language = new LanguageChoice();
