/** A point of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A curve that leaves and arrives level, as text of an SVG path behind its start. */
export function curveTo(from: Point, to: Point): string {
  const middle = (from.x + to.x) / 2;
  return `C${round(middle)} ${round(from.y)} ${round(middle)} ${round(to.y)} ${round(to.x)} ${round(to.y)}`;
}

/** The start of a path. */
export function moveTo({ x, y }: Point): string {
  return `M${round(x)} ${round(y)}`;
}

/** A straight line. */
export function lineTo({ x, y }: Point): string {
  return `L${round(x)} ${round(y)}`;
}

/** Straight lines through all points, with the corners between them rounded. */
export function cornered(points: readonly Point[], radius: number): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = moveTo(first);
  for (const [index, corner] of rest.entries()) {
    const before = points[index] as Point;
    const after = rest[index + 1];
    if (!after) {
      path += lineTo(corner);
      continue;
    }
    const most = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2);
    const start = towards(corner, before, most);
    const end = towards(corner, after, most);
    path += `${lineTo(start)}Q${round(corner.x)} ${round(corner.y)} ${round(end.x)} ${round(end.y)}`;
  }
  return path;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function towards(from: Point, to: Point, by: number): Point {
  const share = by / (distance(from, to) || 1);
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
