import type { AccountResult } from '../../graphql/types';
import type { ClientTexts } from './texts';

/** Characters that a name and a password have at least. */
export const LEAST_CHARACTERS = 8;

/** What is refused, beside which field. */
export interface LoginRefusal {
  readonly field: 'username' | 'password' | 'form';
  readonly text: string;
}

/** What can be refused before the bank is asked. */
export function refusedHere(
  username: string,
  password: string,
  texts: ClientTexts,
): LoginRefusal | null {
  const text = texts.tooShort(LEAST_CHARACTERS);
  if ([...username].length < LEAST_CHARACTERS) return { field: 'username', text };
  if ([...password].length < LEAST_CHARACTERS) return { field: 'password', text };
  return null;
}

/** What the bank refused, in the reader's words. An unknown reason is told as it came. */
export function refusedThere({ reason }: AccountResult, texts: ClientTexts): LoginRefusal {
  const known: Readonly<Record<string, string>> = texts.loginRefusals;
  const text = known[reason ?? ''] ?? texts.loginRefused(reason ?? '');
  return { field: reason === 'incorrect password' ? 'password' : 'form', text };
}
