import { match } from './match';

/** How to go somewhere. */
export interface Going {
  /** Takes the place of the current entry of the history. */
  readonly replace?: boolean;
  /** Kept with the entry, also over a reload. */
  readonly state?: unknown;
}

/** Where the reader is, by the History API. */
class Router {
  /** The address. */
  url = $state.raw(new URL(location.href));
  /** What was kept with this entry of the history. */
  state = $state.raw<unknown>(history.state);
  readonly route = $derived(match(this.url.pathname));
  readonly query = $derived(this.url.searchParams);

  constructor() {
    window.addEventListener('popstate', () => this.#arrive());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Goes to an address of these pages. */
  go(href: string, { replace = false, state = null }: Going = {}): void {
    if (replace) history.replaceState(state, '', href);
    else history.pushState(state, '', href);
    this.#arrive();
  }

  /** Puts values in the query string, or takes them out of it, without a new entry in the history. */
  setQuery(values: Readonly<Record<string, string | null>>): void {
    const url = new URL(this.url);
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === '') url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    this.go(url.pathname + url.search + url.hash, { replace: true, state: this.state });
  }

  #arrive(): void {
    this.url = new URL(location.href);
    this.state = history.state;
  }

  /** Links of these pages are followed here; all others, and what asks for a new tab, by the browser. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download'))
      return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || match(url.pathname).page === 'not-found') return;
    if (url.hash && url.pathname === location.pathname && url.search === location.search) return;
    event.preventDefault();
    if (url.href !== location.href) this.go(url.href);
    window.scrollTo(0, 0);
  }
}

export const router = new Router();
