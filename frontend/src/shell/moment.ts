import type { Language } from '../i18n/language.svelte';

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', nl: 'nl-NL' };

// Making a format costs more than a thousand uses of it.
const formats = new Map<string, Intl.DateTimeFormat>();

/** A moment in the reader's time: the time alone today, with the date on other days. */
export function momentText(moment: Date, language: Language, now: Date = new Date()): string {
  const isToday = moment.toDateString() === now.toDateString();
  const key = `${language} ${isToday}`;
  let format = formats.get(key);
  if (!format) {
    const date = isToday ? {} : { dateStyle: 'medium' as const };
    format = new Intl.DateTimeFormat(LOCALES[language], { timeStyle: 'medium', ...date });
    formats.set(key, format);
  }
  return format.format(moment);
}
