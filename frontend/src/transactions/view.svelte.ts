import { store, stored } from '../stored/stored';

/** How many transactions a list may show. */
export const MAX_ITEMS = [5, 10, 25, 50, 100, 250] as const;

/** What a list may show of a transaction. The words are the contract's. */
export const ARGUMENTS = [
  'own account',
  'new balance',
  'debit/credit',
  'other account',
  'amount changed',
  'description',
] as const;

/** Something of a transaction. */
export type Argument = (typeof ARGUMENTS)[number];

const STORED_MAX = 'open-bank-max-items';

/** How lists of transactions look, on every page the same. */
class ListView {
  maxItems = $state<number>(MAX_ITEMS.find((max) => String(max) === stored(STORED_MAX)) ?? 10);
  /** All but the account, which is the same for a whole list. */
  shown = $state.raw<ReadonlySet<Argument>>(new Set(ARGUMENTS.slice(1)));

  /** Shows up to so many, on later visits too. */
  showUpTo(max: number): void {
    this.maxItems = max;
    store(STORED_MAX, String(max));
  }

  /** Shows what was hidden, or hides it. */
  toggle(argument: Argument): void {
    const shown = new Set(this.shown);
    if (!shown.delete(argument)) shown.add(argument);
    this.shown = shown;
  }
}

export const listView = new ListView();
