import { expect, test } from 'vitest';
import { groundStatuses, isBehind, serviceStatus } from './status';
import { part, snapshot } from './testing';

test.each([
  ['all it needs', [part('command-handler')], 'up'],
  ['an answer, but no database', [part('command-handler', { ready: false })], 'lacking'],
  ['no answer', [part('command-handler', { up: false, ready: false })], 'down'],
  [
    'one of two instances',
    [part('command-handler'), part('command-handler', { up: false, ready: false })],
    'lacking',
  ],
  ['nobody who knows it', [part('heartbeat')], 'unknown'],
] as const)('a service with %s', (_, parts, level) => {
  expect(serviceStatus('command-handler', snapshot({ parts }), true).level).toBe(level);
});

test('without a connection the endpoint does not answer, and of the others nothing is known', () => {
  expect(serviceStatus('graphql-endpoint', snapshot(), false).level).toBe('down');
  expect(serviceStatus('command-handler', snapshot(), false).level).toBe('unknown');
  expect(groundStatuses(snapshot(), false).map(({ level }) => level)).toEqual([
    'unknown',
    'unknown',
    'unknown',
  ]);
});

test('brokers, registry and database are what it stands on, each broker by itself', () => {
  const parts = [
    part('heartbeat'),
    part('kafka-1', { kind: 'BROKER' }),
    part('kafka-2', { kind: 'BROKER', up: false, ready: false }),
    part('postgres', { kind: 'DATABASE' }),
  ];
  const ground = groundStatuses(snapshot({ parts }), true);
  expect(ground.map(({ name, level }) => `${name} ${level}`)).toEqual([
    'kafka-1 up',
    'kafka-2 down',
    'postgres up',
  ]);
  expect(groundStatuses(null, true).map(({ name }) => name)).toEqual([
    'kafka',
    'registry',
    'postgres',
  ]);
});

test.each([
  [null, null, false],
  [0, 0, false],
  [20, 0, false],
  [21, 0, true],
  [1400, 500, false],
  [1600, 500, true],
])('a lag of %s at %s a second is worth a look: %s', (lag, perSecond, isLate) => {
  expect(isBehind(lag, perSecond)).toBe(isLate);
});
