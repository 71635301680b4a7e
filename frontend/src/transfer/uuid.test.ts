import { expect, test } from 'vitest';
import { newUuid } from './uuid';

test('a uuid is of version 7, and of its moment', () => {
  const uuid = newUuid(0x0123_4567_89ab);
  expect(uuid).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a thousand of one moment differ', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newUuid(1))).size).toBe(1000);
});
