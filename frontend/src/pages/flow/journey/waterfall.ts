import type { Hop } from '../../../graphql/types';

/** The time between two hops, in microseconds: what their clocks allow, from the least to the most. */
export interface Gap {
  readonly leastUs: number;
  readonly mostUs: number;
}

/** A hop in its place in time. */
export interface Step {
  readonly hop: Hop;
  /** The hop that caused it, or the nearest one before that of which the time is known; null for the first. */
  readonly cause: Hop | null;
  /** Microseconds since the earliest hop; null where its time is not known. */
  readonly startUs: number | null;
  /** For how long behind its start it may have been: 0 where the clock is exact. */
  readonly widthUs: number;
  /** Since its cause; null where either is not known. */
  readonly gap: Gap | null;
}

/** A journey, by time. */
export interface Waterfall {
  readonly steps: readonly Step[];
  /** From the earliest hop to the last moment at which the last one may have been; 0 where fewer than two are known. */
  readonly spanUs: number;
  /** From the earliest hop to the latest; null where fewer than two are known. */
  readonly total: Gap | null;
}

/** The hops of a journey, by time. */
export function waterfall(hops: readonly Hop[]): Waterfall {
  const known = hops.filter((hop) => hop.at_us !== null);
  const starts = known.map((hop) => hop.at_us ?? 0);
  const originUs = Math.min(...starts);
  const steps = hops.map((hop) => {
    const cause = knownCause(hop, hops);
    return {
      hop,
      cause,
      startUs: hop.at_us === null ? null : hop.at_us - originUs,
      widthUs: widthUs(hop),
      gap: cause && gapBetween(cause, hop),
    };
  });
  const [first, last] = [firstOf(known), lastOf(known)];
  return {
    steps,
    spanUs: known.length < 2 ? 0 : Math.max(...known.map(endUs)) - originUs,
    total: first && last && first !== last ? gapBetween(first, last) : null,
  };
}

/** The time between two hops; null where one of their times is not known. */
export function gapBetween(from: Hop, to: Hop): Gap | null {
  if (from.at_us === null || to.at_us === null) return null;
  const leastUs = to.at_us - endUs(from);
  const mostUs = endUs(to) - from.at_us;
  // What came behind its cause took no time below zero; where even the most is, the two clocks differ.
  return { leastUs: mostUs >= 0 ? Math.max(0, leastUs) : leastUs, mostUs };
}

/** The hop that caused another one, in the order of the way. */
function causeOf(hop: Hop, hops: readonly Hop[]): Hop | null {
  const change = (kind: Hop['kind']) =>
    hops.find((candidate) => candidate.kind === kind && isOfSameChange(candidate, hop));
  const one = (kind: Hop['kind']) => hops.find((candidate) => candidate.kind === kind);
  switch (hop.kind) {
    case 'REQUESTED':
      return null;
    case 'PRODUCED':
      return one('REQUESTED') ?? null;
    case 'DECIDED':
      return one('PRODUCED') ?? null;
    case 'PUBLISHED':
      return one('DECIDED') ?? null;
    case 'PROJECTED':
      return change('PUBLISHED') ?? one('DECIDED') ?? null;
    case 'DELIVERED':
      return change('PROJECTED') ?? null;
    case 'ANSWERED':
      return one('PUBLISHED') ?? null;
  }
}

function knownCause(hop: Hop, hops: readonly Hop[]): Hop | null {
  let cause = causeOf(hop, hops);
  while (cause && cause.at_us === null) cause = causeOf(cause, hops);
  return cause;
}

function isOfSameChange(a: Hop, b: Hop): boolean {
  if (a.transaction_id !== null && b.transaction_id !== null) {
    return a.transaction_id === b.transaction_id;
  }
  return a.account !== null && a.account === b.account;
}

/** A clock of microseconds is taken for exact. */
function widthUs({ resolution_us }: Hop): number {
  return resolution_us > 1 ? resolution_us : 0;
}

function endUs(hop: Hop): number {
  return (hop.at_us ?? 0) + widthUs(hop);
}

function firstOf(known: readonly Hop[]): Hop | undefined {
  return known.toSorted((a, b) => (a.at_us ?? 0) - (b.at_us ?? 0))[0];
}

function lastOf(known: readonly Hop[]): Hop | undefined {
  return known.toSorted((a, b) => endUs(b) - endUs(a))[0];
}

/** Round moments of so much time, for an axis: at most six, the first at 0. */
export function ticksUs(spanUs: number): number[] {
  if (spanUs <= 0) return [0];
  const raw = spanUs / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= raw) ?? raw;
  const count = Math.floor(spanUs / step);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}
