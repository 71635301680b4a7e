import { expect, test } from 'vitest';
import { dashesPerSecond, Mover, strokeWidth } from './moving';

test('nothing moves where nothing comes, or nobody knows', () => {
  expect(dashesPerSecond(0)).toBe(0);
  expect(dashesPerSecond(null)).toBe(0);
});

test('more a second is faster and thicker, within bounds', () => {
  const paces = [0, 0.5, 5, 50, 500, 5000];
  for (const rule of [dashesPerSecond, strokeWidth]) {
    const sizes = paces.map(rule);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBe(paces.length);
  }
  expect(strokeWidth(1e9)).toBeLessThan(6);
});

/** Frames of 16 ms that go on when told to. */
function moved() {
  let turn: (() => void) | undefined;
  let nowMs = 0;
  const mover = new Mover(
    (next) => {
      turn = next;
      return () => (turn = undefined);
    },
    () => nowMs,
  );
  const frames = (count: number) => {
    for (let frame = 0; frame < count; frame++) {
      nowMs += 16;
      const now = turn;
      turn = undefined;
      now?.();
    }
  };
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  return { mover, frames, path, isWaiting: () => turn !== undefined };
}

test('dashes go forward by their speed, and by less than 25 pictures a second', () => {
  const { mover, frames, path } = moved();
  mover.move(path, 1);
  const places = new Set<string>();
  for (let frame = 0; frame < 60; frame++) {
    frames(1);
    places.add(path.style.strokeDashoffset);
  }
  expect(places.size).toBeGreaterThan(15);
  expect(places.size).toBeLessThanOrEqual(26);
  expect(path.style.strokeDashoffset).toBe('-13.4');
});

test('no frame is asked for while nothing moves, or what moved is gone', () => {
  const { mover, frames, path, isWaiting } = moved();
  mover.move(path, 0);
  expect(isWaiting()).toBe(false);
  mover.move(path, 2);
  frames(10);
  expect(isWaiting()).toBe(true);
  mover.move(path, 0);
  frames(1);
  expect(isWaiting()).toBe(false);
  mover.move(path, 2);
  mover.drop(path);
  frames(1);
  expect(isWaiting()).toBe(false);
});
