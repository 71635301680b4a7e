import { expect, test } from 'vitest';
import { Pace } from './pace';

/** Frames and a clock that go on when told to. */
function paced(max: number) {
  const handed: { items: readonly number[]; dropped: number }[] = [];
  let turn: (() => void) | undefined;
  let nowMs = 0;
  const pace = new Pace<number>(
    max,
    (items, dropped) => handed.push({ items, dropped }),
    (next) => {
      turn = next;
      return () => (turn = undefined);
    },
    () => nowMs,
  );
  const frame = (ms = 16) => {
    nowMs += ms;
    const now = turn;
    turn = undefined;
    now?.();
  };
  return { pace, handed, frame, isWaiting: () => turn !== undefined };
}

test('the first is handed on at once, the others of its frame together', () => {
  const { pace, handed, frame } = paced(10);
  [1, 2, 3].forEach((item) => pace.push(item));
  expect(handed).toEqual([{ items: [1], dropped: 0 }]);
  frame();
  expect(handed[1]).toEqual({ items: [2, 3], dropped: 0 });
});

test('after a frame without any, the next is handed on at once, and no frame is asked for meanwhile', () => {
  const { pace, handed, frame, isWaiting } = paced(10);
  pace.push(1);
  frame();
  expect(isWaiting()).toBe(false);
  pace.push(2);
  expect(handed.map(({ items }) => items)).toEqual([[1], [2]]);
});

test('thousands between two frames are handed on once; the newest, and how many were dropped', () => {
  const { pace, handed, frame } = paced(10);
  for (let item = 0; item <= 5000; item++) pace.push(item);
  frame();
  expect(handed).toHaveLength(2);
  expect(handed[1]?.items).toEqual([4991, 4992, 4993, 4994, 4995, 4996, 4997, 4998, 4999, 5000]);
  expect(handed[1]?.dropped).toBe(4990);
});

test('while much arrives it is handed on about eight times a second', () => {
  const { pace, handed, frame } = paced(100);
  for (let frames = 0; frames < 60; frames++) {
    for (let item = 0; item < 30; item++) pace.push(item);
    frame();
  }
  expect(handed.length).toBeGreaterThanOrEqual(6);
  expect(handed.length).toBeLessThanOrEqual(10);
});

test('after a stop nothing of before is handed on', () => {
  const { pace, handed, frame } = paced(10);
  [1, 2, 3].forEach((item) => pace.push(item));
  pace.stop();
  frame();
  pace.push(4);
  expect(handed.map(({ items }) => items)).toEqual([[1], [4]]);
});

test('where drawing takes long, it is handed on more rarely still, and once a second at least', () => {
  const counts = [16, 200, 600].map((frameMs) => {
    const { pace, handed, frame } = paced(100);
    for (let ms = 0; ms < 6000; ms += frameMs) {
      for (let item = 0; item < 30; item++) pace.push(item);
      frame(frameMs);
    }
    return handed.length;
  });
  expect(counts[0]).toBeGreaterThan(40);
  expect(counts[1]).toBeLessThan(14);
  expect(counts[2]).toBeGreaterThanOrEqual(4);
});
