import { store, stored } from '../stored/stored';

/** Colours as the system has them, or always light or dark. */
export const THEMES = ['system', 'light', 'dark'] as const;

/** Which colours. */
export type Theme = (typeof THEMES)[number];

const STORED = 'open-bank-theme';

class ThemeChoice {
  current = $state<Theme>(THEMES.find((theme) => theme === stored(STORED)) ?? 'system');

  constructor() {
    this.#show();
  }

  /** Goes on to the next of the three, for later visits too. */
  next(): void {
    this.current = THEMES[(THEMES.indexOf(this.current) + 1) % THEMES.length] ?? 'system';
    store(STORED, this.current);
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset.theme = this.current;
  }
}

export const theme = new ThemeChoice();
