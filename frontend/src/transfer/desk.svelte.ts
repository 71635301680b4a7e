import type { MoneyTransferResult } from '../graphql/types';
import { isSameOrder, type Intent, type Order } from './intent';
import type { IntentKeep } from './keep';
import { newUuid } from './uuid';

/** How far an intent is. */
export type SlipState =
  /** Sent, or to be sent as soon as there is a connection. */
  | { readonly phase: 'asking' }
  /** The bank does not know yet; it is asked again with the same uuid. */
  | { readonly phase: 'pending'; readonly reason: string }
  | { readonly phase: 'done' }
  | { readonly phase: 'refused'; readonly reason: string };

/** An intent and how far it is. */
export interface Slip {
  readonly intent: Intent;
  readonly state: SlipState;
}

/** What became of handing in an order. */
export type HandedIn =
  | { readonly slip: Slip; readonly isNew: boolean }
  /** Too many have no outcome yet. */
  | 'full';

/** Orders without outcome at once. */
export const OPEN_MAX = 20;

/** Slips with an outcome that stay in sight. */
const SETTLED_SHOWN_MAX = 3;

const ASK_AGAIN_FIRST_MS = 500;
const ASK_AGAIN_MOST_MS = 10_000;

/** What a desk works with. */
export interface DeskParts {
  readonly keep: IntentKeep;
  /** Asks the bank, which takes the same uuid for the same transfer. */
  ask(intent: Intent): Promise<MoneyTransferResult | null>;
  wait(ms: number): Promise<void>;
}

/** Where orders are handed in: each gets one uuid, is kept before it is sent, and is asked for until its outcome is known. */
export class Desk {
  /** Newest first. */
  slips = $state.raw<readonly Slip[]>([]);
  readonly open = $derived(this.slips.filter(isOpen));
  #listeners: ((slip: Slip) => void)[] = [];

  constructor(private readonly parts: DeskParts) {
    const kept = parts.keep.load();
    this.slips = kept.map((intent): Slip => ({ intent, state: { phase: 'asking' } })).reverse();
    for (const intent of kept) void this.#see(intent);
  }

  /** Hands in an order. One that is the same as one without outcome is that one: it is not sent a second time. */
  handIn(order: Order): HandedIn {
    const same = this.open.find(({ intent }) => isSameOrder(intent, order));
    if (same) return { slip: same, isNew: false };
    if (this.open.length >= OPEN_MAX) return 'full';
    const slip: Slip = { intent: { ...order, uuid: newUuid() }, state: { phase: 'asking' } };
    this.slips = [slip, ...this.slips];
    this.#keep();
    void this.#see(slip.intent);
    return { slip, isNew: true };
  }

  /** Calls `settled` with each slip that gets its outcome. What is given back ends that. */
  onSettled(settled: (slip: Slip) => void): () => void {
    this.#listeners.push(settled);
    return () => (this.#listeners = this.#listeners.filter((listener) => listener !== settled));
  }

  /** Takes slips with an outcome out of sight. */
  clearSettled(): void {
    this.slips = this.open;
  }

  /** Forgets all, also what has no outcome yet: whoever used this desk has left. */
  abandon(): void {
    this.slips = [];
    this.#keep();
  }

  /** Asks until the outcome is known. */
  async #see(intent: Intent): Promise<void> {
    for (let waitMs = ASK_AGAIN_FIRST_MS; ; waitMs = Math.min(2 * waitMs, ASK_AGAIN_MOST_MS)) {
      const answer = await this.parts.ask(intent).catch(() => null);
      if (!this.#isHere(intent)) return;
      if (answer && answer.success !== null) {
        this.#settle(
          intent,
          answer.success ? { phase: 'done' } : { phase: 'refused', reason: answer.reason ?? '' },
        );
        return;
      }
      this.#set(intent, { phase: 'pending', reason: answer?.reason ?? '' });
      await this.parts.wait(waitMs);
      if (!this.#isHere(intent)) return;
    }
  }

  #isHere(intent: Intent): boolean {
    return this.slips.some((slip) => slip.intent.uuid === intent.uuid);
  }

  #settle(intent: Intent, state: SlipState): void {
    this.#set(intent, state);
    let settled = 0;
    this.slips = this.slips.filter((slip) => isOpen(slip) || ++settled <= SETTLED_SHOWN_MAX);
    this.#keep();
    for (const listener of this.#listeners) listener({ intent, state });
  }

  #set(intent: Intent, state: SlipState): void {
    this.slips = this.slips.map((slip) =>
      slip.intent.uuid === intent.uuid ? { intent, state } : slip,
    );
  }

  #keep(): void {
    this.parts.keep.save(this.open.map(({ intent }) => intent).reverse());
  }
}

/** Whether its outcome is not known. */
export function isOpen({ state }: Slip): boolean {
  return state.phase === 'asking' || state.phase === 'pending';
}
