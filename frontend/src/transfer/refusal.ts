import type { Texts } from '../i18n/en';

/** A field of the transfer form, or the form as a whole. */
export type Field = 'amount' | 'to' | 'descr' | 'form';

/** What a customer is told about a refusal, and beside what. */
export interface Refusal {
  readonly field: Field;
  readonly text: string;
}

const FIELDS: Readonly<Record<keyof Texts['refusals'], Field>> = {
  'invalid amount': 'amount',
  'from is invalid': 'form',
  "from and to can't be same for transfer": 'to',
  'invalid token': 'form',
  'insufficient funds': 'amount',
  'both to and from not known at this bank': 'to',
  'invalid uuid': 'form',
  'id was used for another command': 'form',
};

/** The contract's reason in the reader's words. An unknown reason is told as it came. */
export function refusalOf(reason: string, texts: Texts): Refusal {
  if (isKnown(reason, texts.refusals))
    return { field: FIELDS[reason], text: texts.refusals[reason] };
  return { field: 'form', text: texts.refusedBecause(reason) };
}

/** Why the outcome of a transfer is not known, in the reader's words. */
export function pendingText(reason: string, texts: Texts): string {
  return isKnown(reason, texts.pendings) ? texts.pendings[reason] : texts.noAnswerYet;
}

function isKnown<Key extends string>(
  text: string,
  known: Readonly<Record<Key, string>>,
): text is Key {
  return Object.hasOwn(known, text);
}
