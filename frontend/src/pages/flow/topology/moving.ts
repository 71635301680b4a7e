import { browserFrame, type NextFrame } from '../../../transactions/pace';

/** Length of one dash with its gap, as in the styles of what moves. */
const DASH = 14;
/** Pictures are no more often than that: each paints the whole drawing, and slow dashes need no more. */
const PICTURE_MS = 40;

/** Moves the dashes of all paths that are given to it, at one pace of pictures, and rests while none has to move. */
export class Mover {
  readonly #paths = new Map<SVGPathElement, { dashesPerSecond: number; dashes: number }>();
  #cancel: (() => void) | undefined;
  #pictureMs = 0;

  constructor(
    private readonly nextFrame: NextFrame = browserFrame,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** From now on a path's dashes move at this speed; 0 holds them where they are. */
  move(path: SVGPathElement, dashesPerSecond: number): void {
    const moved = this.#paths.get(path) ?? { dashesPerSecond, dashes: 0 };
    moved.dashesPerSecond = dashesPerSecond;
    this.#paths.set(path, moved);
    if (dashesPerSecond === 0 || this.#cancel) return;
    this.#pictureMs = this.nowMs();
    this.#cancel = this.nextFrame(() => this.#turn());
  }

  /** The path is gone. */
  drop(path: SVGPathElement): void {
    this.#paths.delete(path);
  }

  #turn(): void {
    this.#cancel = undefined;
    const moving = [...this.#paths].filter(([, { dashesPerSecond }]) => dashesPerSecond > 0);
    if (moving.length === 0) return;
    this.#cancel = this.nextFrame(() => this.#turn());
    const passedMs = this.nowMs() - this.#pictureMs;
    if (passedMs < PICTURE_MS) return;
    this.#pictureMs += passedMs;
    for (const [path, moved] of moving) {
      moved.dashes = (moved.dashes + (moved.dashesPerSecond * passedMs) / 1000) % 1;
      path.style.strokeDashoffset = (-DASH * moved.dashes).toFixed(1);
    }
  }
}

const mover = new Mover();
const CALM = '(prefers-reduced-motion: reduce)';

/**
 * Moves the dashes of a path along it, faster with more records per second. They stand still where none come, where that is not
 * known, and for readers who want no motion.
 */
export function moving(path: SVGPathElement, perSecond: number | null) {
  const calm = window.matchMedia?.(CALM);
  const update = (rate: number | null) => {
    mover.move(path, calm?.matches ? 0 : dashesPerSecond(rate));
  };
  update(perSecond);
  return { update, destroy: () => mover.drop(path) };
}

/** By how many dashes a second an arrow moves: by the order of magnitude, as paces differ a thousandfold. */
export function dashesPerSecond(perSecond: number | null): number {
  return perSecond ? 0.4 + 0.9 * Math.log10(1 + perSecond) : 0;
}

/** How thick an arrow is, by the order of magnitude. */
export function strokeWidth(perSecond: number | null): number {
  return 1.5 + Math.min(4, 1.1 * Math.log10(1 + (perSecond ?? 0)));
}
