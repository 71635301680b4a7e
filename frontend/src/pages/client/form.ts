import { hasWrongCheckDigits, normalised } from '../../iban/iban';
import { parseAmount } from '../../money/parse';
import type { Session } from '../../session/session.svelte';
import type { Order } from '../../transfer/intent';
import type { Refusal } from '../../transfer/refusal';
import type { ClientTexts } from './texts';

/** What stands in the fields of the transfer form. */
export interface Filled {
  readonly amount: string;
  readonly to: string;
  readonly descr: string;
}

/** A form that nobody touched. */
export const BLANK: Filled = { amount: '', to: '', descr: '' };

/** The order that the fields mean. */
export function orderOf(filled: Filled, { iban, token }: Session): Order | null {
  const { cents } = parseAmount(filled.amount);
  if (cents === undefined || refusalOfTo(filled.to)) return null;
  return {
    kind: 'transfer',
    token,
    amount: Number(cents),
    from: iban,
    to: normalised(filled.to),
    descr: filled.descr.trim(),
  };
}

/** Everything in the fields that cannot be sent. */
export function refusalsOf(filled: Filled, texts: ClientTexts): Refusal[] {
  const refusals: Refusal[] = [];
  const { refusal } = parseAmount(filled.amount);
  if (refusal) refusals.push({ field: 'amount', text: texts.amountRefusals[refusal] });
  const to = refusalOfTo(filled.to);
  if (to) refusals.push({ field: 'to', text: texts[to] });
  return refusals;
}

function refusalOfTo(to: string): 'toEmpty' | 'toTypo' | null {
  const receiver = normalised(to);
  if (receiver === '') return 'toEmpty';
  return hasWrongCheckDigits(receiver) ? 'toTypo' : null;
}

/** Whether nothing was filled in. */
export function isBlank(filled: Filled): boolean {
  return filled.amount === '' && filled.to === '' && filled.descr === '';
}
