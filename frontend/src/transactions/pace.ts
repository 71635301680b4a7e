/** Gives the caller a turn at the next frame; what is given back takes that back. */
export type NextFrame = (turn: () => void) => () => void;

/** The browser's frames. */
export const browserFrame: NextFrame = (turn) => {
  const handle = requestAnimationFrame(turn);
  return () => cancelAnimationFrame(handle);
};

/** Handed on at once above this many, nobody can follow them; then a calmer pace leaves the page time for its reader. */
const BUSY_ITEMS = 3;
const BUSY_PAUSE_MS = 120;
/** On a slow machine the pause is so many times what drawing took, up to a bound. */
const PAUSE_PER_DRAWING = 3;
const PAUSE_MOST_MS = 1_000;

/**
 * Hands on what arrives: the first at once, then at most once a frame, and more rarely while much arrives. Holds the newest
 * `max`; beyond that the oldest are dropped, and counted.
 */
export class Pace<Item> {
  #held: Item[] = [];
  #dropped = 0;
  #cancel: (() => void) | undefined;
  #handedOnMs = 0;
  #pauseMs = 0;
  #isDrawn = true;

  constructor(
    private readonly max: number,
    private readonly handOn: (items: readonly Item[], dropped: number) => void,
    private readonly nextFrame: NextFrame = browserFrame,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** Takes an item. */
  push(item: Item): void {
    this.#held.push(item);
    if (this.#held.length > 2 * this.max) this.#trim();
    if (!this.#cancel) this.#flush();
  }

  /** Drops what is held, and hands on no more of it. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#held = [];
    this.#dropped = 0;
  }

  #trim(): void {
    const surplus = Math.max(0, this.#held.length - this.max);
    this.#held.splice(0, surplus);
    this.#dropped += surplus;
  }

  #flush(): void {
    this.#trim();
    const items = this.#held;
    const dropped = this.#dropped;
    this.#held = [];
    this.#dropped = 0;
    this.#handedOnMs = this.nowMs();
    this.#pauseMs = items.length > BUSY_ITEMS ? BUSY_PAUSE_MS : 0;
    this.#isDrawn = false;
    this.#cancel = this.nextFrame(() => this.#turn());
    this.handOn(items, dropped);
  }

  #turn(): void {
    this.#cancel = undefined;
    if (!this.#isDrawn) this.#drawn();
    if (this.#held.length === 0) return;
    if (this.nowMs() - this.#handedOnMs >= this.#pauseMs) this.#flush();
    else this.#cancel = this.nextFrame(() => this.#turn());
  }

  #drawn(): void {
    this.#isDrawn = true;
    if (this.#pauseMs === 0) return;
    const drawingMs = this.nowMs() - this.#handedOnMs;
    this.#pauseMs = Math.min(PAUSE_MOST_MS, Math.max(this.#pauseMs, PAUSE_PER_DRAWING * drawingMs));
  }
}
