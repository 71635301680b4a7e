/** Values of which the largest is more than so many times the smallest do not fit on a linear axis. */
const LINEAR_RATIO_MAX = 50;

/** How an axis is divided, as uPlot takes it. */
export interface Scale {
  /** 1 is linear, 4 linear near zero and logarithmic above. */
  readonly distr: 1 | 4;
  /** Below this it is nearly linear. */
  readonly asinh?: number;
}

/** An axis on which these values, zero among them, can be told apart. */
export function scaleOf(values: readonly (number | null)[]): Scale {
  const above = values.filter((value) => value !== null && value > 0) as number[];
  const least = Math.min(...above);
  if (above.length === 0 || Math.max(...above) <= least * LINEAR_RATIO_MAX) return { distr: 1 };
  return { distr: 4, asinh: 10 ** Math.floor(Math.log10(least)) };
}
