import { isIntent, type Intent } from './intent';

const STORED = 'open-bank-intents';

/** Keeps intents without outcome for as long as the tab lives, over reloads. */
export interface IntentKeep {
  load(): readonly Intent[];
  save(intents: readonly Intent[]): void;
}

/** Keeps them in a store of the browser; where that refuses, they last as long as the page. */
export function keepIn(storage: () => Storage): IntentKeep {
  return {
    load() {
      try {
        const stored: unknown = JSON.parse(storage().getItem(STORED) ?? '[]');
        return Array.isArray(stored) ? stored.filter(isIntent) : [];
      } catch {
        return [];
      }
    },
    save(intents) {
      try {
        if (intents.length > 0) storage().setItem(STORED, JSON.stringify(intents));
        else storage().removeItem(STORED);
      } catch {
        // Full or forbidden; see above.
      }
    },
  };
}
