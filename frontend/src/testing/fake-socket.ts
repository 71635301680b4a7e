import { tick } from 'svelte';

interface Subscribed {
  readonly id: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Message {
  readonly id: string;
  readonly type: string;
  readonly payload: Omit<Subscribed, 'id'>;
}

/** A WebSocket whose other side is the test, in the words of graphql-transport-ws. */
export class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  /** All that were made, the newest last. */
  static made: FakeSocket[] = [];

  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly sent: Message[] = [];

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Message);
  }

  close(code = 1000, reason = ''): void {
    this.drop(code, reason);
  }

  /** The endpoint takes the connection. */
  async accept(): Promise<void> {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
    await settled();
    this.say({ type: 'connection_ack' });
    await settled();
  }

  /** The connection is lost. */
  drop(code = 1006, reason = ''): void {
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.({ code, reason, wasClean: false });
  }

  /** What was asked for and has not been ended by the page. */
  asked(word: string): Subscribed[] {
    const ended = new Set(this.sent.filter(({ type }) => type === 'complete').map(({ id }) => id));
    return this.sent
      .filter(
        ({ id, type, payload }) =>
          type === 'subscribe' && payload.query.includes(word) && !ended.has(id),
      )
      .map(({ id, payload }) => ({ id, ...payload }));
  }

  /** Answers the last question with this word in it. */
  async next(word: string, data: unknown, extensions?: unknown): Promise<void> {
    const id = this.asked(word).at(-1)?.id;
    if (id === undefined) throw new Error(`nobody asked for ${word}`);
    this.say({ type: 'next', id, payload: { data, extensions } });
    await settled();
  }

  /** Ends the last question with this word in it by an error. */
  async fail(word: string, message: string): Promise<void> {
    this.say({ type: 'error', id: this.asked(word).at(-1)?.id, payload: [{ message }] });
    await settled();
  }

  private say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** Everything that was begun has come to rest, but for timers. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  await tick();
}

/** The socket that was made last. */
export function lastSocket(): FakeSocket {
  const socket = FakeSocket.made.at(-1);
  if (!socket) throw new Error('no socket was made');
  return socket;
}
