import { expect, test } from 'vitest';
import { dictionary } from './dictionary';
import { texts as background } from '../pages/background/texts';
import { texts as bankEmployee } from '../pages/bank-employee/texts';
import { texts as client } from '../pages/client/texts';
import { texts as home } from '../pages/home/texts';
import { texts as shared } from '.';
import { language } from './language.svelte';

/** Where each text is, and what kind it is, in the language of the moment. */
function shape(value: unknown, path = ''): string[] {
  if (typeof value === 'function') return [`${path}()`, `${path} takes ${value.length}`];
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => shape(inner, `${path}/${key}`));
}

/** All texts without a blank, functions called with something. */
function words(value: unknown): string[] {
  if (typeof value === 'function')
    return [String((value as (...args: unknown[]) => unknown)('7', 'x'))];
  if (typeof value === 'string') return [value];
  return Object.values(value as object).flatMap(words);
}

const ALL = { shared, home, client, bankEmployee, background };

function inLanguage<Result>(choice: 'en' | 'nl', look: () => Result): Result {
  language.choose(choice);
  return look();
}

test.each(Object.entries(ALL))('%s has the same texts in both languages', (_, texts) => {
  const english = inLanguage('en', () => shape(texts.current));
  expect(inLanguage('nl', () => shape(texts.current))).toEqual(english);
  expect(english.length).toBeGreaterThan(3);
});

test.each(Object.entries(ALL))('%s has no empty text', (_, texts) => {
  for (const choice of ['en', 'nl'] as const) {
    expect(
      inLanguage(choice, () => words(texts.current)).filter((text) => text.trim() === ''),
    ).toEqual([]);
  }
});

test('texts follow the choice of the reader', () => {
  const texts = dictionary({ en: { word: 'two' }, nl: { word: 'twee' } });
  expect(inLanguage('nl', () => texts.current.word)).toBe('twee');
  expect(inLanguage('en', () => texts.current.word)).toBe('two');
});
