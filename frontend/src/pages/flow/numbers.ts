import type { Language } from '../../i18n/language.svelte';

const UNKNOWN = '–';
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', nl: 'nl-NL' };

/** A format costs as much to make as a thousand uses of it. */
const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(language: Language, least: number, most = least): Intl.NumberFormat {
  const key = `${language} ${least} ${most}`;
  const digits = { minimumFractionDigits: least, maximumFractionDigits: most };
  const format = formats.get(key) ?? new Intl.NumberFormat(LOCALES[language], digits);
  formats.set(key, format);
  return format;
}

const TIMES: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  en: new Intl.DateTimeFormat(LOCALES.en, { timeStyle: 'medium' }),
  nl: new Intl.DateTimeFormat(LOCALES.nl, { timeStyle: 'medium' }),
};

/** A whole number, its thousands apart; a dash where it is not known. */
export function formatCount(count: number | null | undefined, language: Language): string {
  if (count === null || count === undefined) return UNKNOWN;
  return numberFormat(language, 0).format(count);
}

/** Records per second: below ten with one digit behind the point, as small paces would all be 0 or 1. */
export function formatRate(perSecond: number | null | undefined, language: Language): string {
  if (perSecond === null || perSecond === undefined) return `${UNKNOWN}/s`;
  const isSmall = perSecond > 0 && perSecond < 9.95;
  const format = numberFormat(language, isSmall ? 1 : 0);
  return `${format.format(perSecond)}/s`;
}

/** Microseconds as milliseconds, or as seconds from ten of them, with three digits that count. */
export function formatDuration(us: number, language: Language): string {
  const isLong = Math.abs(us) >= 10_000_000;
  return `${formatScaled(us / (isLong ? 1e6 : 1e3), language)} ${isLong ? 's' : 'ms'}`;
}

/** From so many microseconds to so many, as `0.2–1.2 ms`. */
export function formatDurations(leastUs: number, mostUs: number, language: Language): string {
  if (leastUs === mostUs) return formatDuration(leastUs, language);
  const isLong = Math.abs(mostUs) >= 10_000_000;
  const scale = isLong ? 1e6 : 1e3;
  const least = formatScaled(leastUs / scale, language);
  return `${least}–${formatScaled(mostUs / scale, language)} ${isLong ? 's' : 'ms'}`;
}

/** A moment of RFC 3339 as the reader's time of day, with as many digits of the second as it is exact to. */
export function formatTime(at: string, digits: 3 | 6, language: Language): string {
  const moment = new Date(at);
  const fraction = (/\.(\d+)/.exec(at)?.[1] ?? '').padEnd(digits, '0').slice(0, digits);
  return `${TIMES[language].format(moment)}.${fraction}`;
}

/** The day of a moment, where it is not today. */
export function formatDay(at: string, language: Language, today = new Date()): string | null {
  const moment = new Date(at);
  if (moment.toDateString() === today.toDateString()) return null;
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'medium' }).format(moment);
}

function formatScaled(value: number, language: Language): string {
  const size = Math.abs(value);
  const digits = size === 0 ? 0 : size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0;
  return numberFormat(language, 0, digits).format(value);
}
