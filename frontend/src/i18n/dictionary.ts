import { language, type Language } from './language.svelte';

/** The same texts in each language. A text with a number or a name in it is a function. */
export type Dictionaries<Texts> = Readonly<Record<Language, Texts>>;

/** The texts of a part of the pages; `current` is those in the reader's language, and follows it. */
export function dictionary<Texts>(dictionaries: Dictionaries<Texts>): { readonly current: Texts } {
  return {
    get current() {
      return dictionaries[language.current];
    },
  };
}
