import { expect, test } from 'vitest';
import { SERVICES, TOPICS } from '../map';
import { drawing, WIDE_FROM } from './layout';
import { arrowId, nodeId, type Box, type Drawing } from './shapes';

const GROUND = ['kafka-1', 'kafka-2', 'kafka-3', 'registry', 'postgres'];
const WIDTHS = [300, 328, 560, 700, WIDE_FROM - 1, WIDE_FROM, 1040, 1300, 2400];

const ARROWS = TOPICS.flatMap(({ name, writers, readers }) => [
  ...writers.map((writer) => `${writer}>${name}`),
  ...readers.map((reader) => `${name}>${reader}`),
]);

function touches(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function boxOf({ boxes }: Drawing, id: string): Box {
  const found = boxes.find(({ node }) => nodeId(node) === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
}

/** A small step the way that a head points. */
const STEPS = { left: [-3, 0], right: [3, 0], up: [0, -3], down: [0, 3] } as const;

function isIn(box: Box, x: number, y: number): boolean {
  return x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
}

/** Whether a point is on the edge of a box, or within `by` of it. */
function isAt(box: Box, x: number, y: number, by: number): boolean {
  const across = Math.max(box.x - x, 0, x - box.x - box.width);
  const down = Math.max(box.y - y, 0, y - box.y - box.height);
  const isInside =
    x > box.x + by && x < box.x + box.width - by && y > box.y + by && y < box.y + box.height - by;
  return Math.hypot(across, down) <= by && !isInside;
}

test.each(WIDTHS)('at %i every part and every arrow is drawn, once', (width) => {
  const drawn = drawing(width, GROUND);
  expect(drawn.boxes.map(({ node }) => nodeId(node)).toSorted()).toEqual(
    [
      ...SERVICES.map((name) => `service:${name}`),
      ...TOPICS.map(({ name }) => `topic:${name}`),
      ...GROUND.map((name) => `ground:${name}`),
      'browser',
    ].toSorted(),
  );
  expect(drawn.arrows.map(arrowId).toSorted()).toEqual([...ARROWS, 'socket'].toSorted());
});

test.each(WIDTHS)('at %i nothing lies over another or outside', (width) => {
  const drawn = drawing(width, GROUND);
  for (const [index, box] of drawn.boxes.entries()) {
    const name = nodeId(box.node);
    expect(box.x, name).toBeGreaterThanOrEqual(0);
    expect(box.y, name).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width, name).toBeLessThanOrEqual(drawn.width);
    expect(box.y + box.height, name).toBeLessThanOrEqual(drawn.height);
    expect(box.width, name).toBeGreaterThan(100);
    for (const other of drawn.boxes.slice(index + 1)) {
      expect(touches(box, other), `${name} and ${nodeId(other.node)}`).toBe(false);
    }
  }
});

test.each(WIDTHS)('at %i each arrow goes from its writer to its reader', (width) => {
  const drawn = drawing(width, GROUND);
  for (const { of, path, head } of drawn.arrows) {
    if (of.kind === 'socket') continue;
    const service = boxOf(drawn, `service:${of.service}`);
    const topic = boxOf(drawn, `topic:${of.topic}`);
    const [from, to] = of.kind === 'write' ? [service, topic] : [topic, service];
    const [, startX, startY] = /^M([\d.]+) ([\d.]+)/.exec(path) ?? [];
    const name = `${of.kind} ${of.service} ${of.topic}`;
    expect(isAt(from, Number(startX), Number(startY), 0.2), `start of ${name}`).toBe(true);
    expect(isAt(to, head.x, head.y, 0.2), `end of ${name}`).toBe(true);
    const [stepX, stepY] = STEPS[head.way];
    expect(isIn(to, head.x + stepX, head.y + stepY), `${name} points at its end`).toBe(true);
  }
});

test.each(WIDTHS)(
  'at %i each topic tells how fast it is written and read, and each reader its lag',
  (width) => {
    const { arrows } = drawing(width, GROUND);
    for (const { name, readers } of TOPICS) {
      const ofTopic = arrows.filter(({ of }) => of.kind !== 'socket' && of.topic === name);
      const labels = (kind: string) =>
        ofTopic.filter(({ of }) => of.kind === kind).flatMap((arrow) => arrow.labels);
      expect(labels('write').filter(({ shows }) => shows !== 'lag')).toHaveLength(1);
      expect(labels('read').filter(({ shows }) => shows !== 'lag')).toHaveLength(readers.length);
      expect(labels('read').filter(({ shows }) => shows !== 'rate')).toHaveLength(readers.length);
    }
  },
);
