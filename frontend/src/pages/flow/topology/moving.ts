/** Length of one dash with its gap, as in the styles of what moves. */
const DASH = 14;

const CALM = '(prefers-reduced-motion: reduce)';

/**
 * Moves the dashes of a path along it, faster with more records per second. They stand still where none come, where that is not
 * known, and for readers who want no motion.
 */
export function moving(path: SVGPathElement, perSecond: number | null) {
  const isCalm = typeof path.animate !== 'function' || window.matchMedia(CALM).matches;
  if (isCalm) return {};
  const animation = path.animate([{ strokeDashoffset: '0' }, { strokeDashoffset: `${-DASH}` }], {
    duration: 1000,
    iterations: Infinity,
  });
  const update = (rate: number | null) => {
    const speed = dashesPerSecond(rate);
    if (speed === 0) {
      animation.pause();
    } else {
      // Unlike another duration, another speed does not make the dashes jump.
      animation.updatePlaybackRate(speed);
      animation.play();
    }
  };
  update(perSecond);
  return { update, destroy: () => animation.cancel() };
}

/** By how many dashes a second an arrow moves: by the order of magnitude, as paces differ a thousandfold. */
export function dashesPerSecond(perSecond: number | null): number {
  return perSecond ? 0.4 + 0.9 * Math.log10(1 + perSecond) : 0;
}

/** How thick an arrow is, by the order of magnitude. */
export function strokeWidth(perSecond: number | null): number {
  return 1.5 + Math.min(4, 1.1 * Math.log10(1 + (perSecond ?? 0)));
}
