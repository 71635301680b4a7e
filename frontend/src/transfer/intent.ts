import type { MoneyTransferArgs } from '../graphql/types';

/** What a customer wants: money from here to there. */
export interface Order {
  readonly kind: 'deposit' | 'transfer';
  readonly token: string;
  readonly amount: number;
  readonly from: string;
  readonly to: string;
  readonly descr: string;
}

/** An order with the uuid that it keeps, however often it is sent. */
export interface Intent extends Order {
  readonly uuid: string;
}

/** Whether two orders ask for the same. */
export function isSameOrder(a: Order, b: Order): boolean {
  return (
    a.kind === b.kind &&
    a.token === b.token &&
    a.amount === b.amount &&
    a.from === b.from &&
    a.to === b.to &&
    a.descr === b.descr
  );
}

/** What is sent. */
export function argumentsOf({ uuid, token, amount, from, to, descr }: Intent): MoneyTransferArgs {
  return { uuid, token, amount, from, to, descr };
}

/** Whether something that was stored is an intent. */
export function isIntent(value: unknown): value is Intent {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return (
    (fields.kind === 'deposit' || fields.kind === 'transfer') &&
    Number.isSafeInteger(fields.amount) &&
    ['uuid', 'token', 'from', 'to', 'descr'].every((name) => typeof fields[name] === 'string')
  );
}
