/** Counts per second over the last minute. */
export class Rate {
  #counts: number[];
  #total: number | undefined;

  /** So many seconds, the first of them filled with what happened at these moments. */
  constructor(
    private readonly secondsMax: number,
    momentsMs: readonly number[] = [],
    nowMs: number = Date.now(),
  ) {
    this.#counts = Array.from({ length: secondsMax }, () => 0);
    for (const momentMs of momentsMs) {
      const at = secondsMax - 1 - Math.floor((nowMs - momentMs) / 1000);
      const count = this.#counts[at];
      if (count !== undefined) this.#counts[at] = count + 1;
    }
  }

  /** The counts, oldest first. */
  get counts(): readonly number[] {
    return [...this.#counts];
  }

  /** Takes the total of now, a second after the one before; gives the counts, oldest first. */
  tick(total: number): readonly number[] {
    if (this.#total !== undefined) this.#counts.push(Math.max(0, total - this.#total));
    this.#total = total;
    this.#counts = this.#counts.slice(-this.secondsMax);
    return this.counts;
  }
}

/** A line through counts, in a box of this width and height. */
export function linePath(counts: readonly number[], width: number, height: number): string {
  const most = Math.max(1, ...counts);
  const step = width / Math.max(1, counts.length - 1);
  return counts
    .map((count, index) => {
      const x = (index * step).toFixed(1);
      const y = (height - (count / most) * height).toFixed(1);
      return `${index === 0 ? 'M' : 'L'}${x} ${y}`;
    })
    .join('');
}
