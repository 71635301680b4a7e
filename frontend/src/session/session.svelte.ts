/** Who is logged in, in this tab. */
export interface Session {
  readonly username: string;
  readonly iban: string;
  /** The account's secret. */
  readonly token: string;
}

const STORED = 'open-bank-session';

/** The session of this tab, over reloads, until the tab is closed. */
class CurrentSession {
  current = $state.raw<Session | null>(load());

  /** Somebody logged in. */
  begin(session: Session): void {
    this.current = session;
    try {
      sessionStorage.setItem(STORED, JSON.stringify(session));
    } catch {
      // Forbidden: it lasts as long as the page.
    }
  }

  /** They logged out. */
  end(): void {
    this.current = null;
    try {
      sessionStorage.removeItem(STORED);
    } catch {
      // There was none.
    }
  }
}

function load(): Session | null {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? 'null');
    return isSession(stored) ? stored : null;
  } catch {
    return null;
  }
}

function isSession(value: unknown): value is Session {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return ['username', 'iban', 'token'].every((name) => typeof fields[name] === 'string');
}

export const session = new CurrentSession();
