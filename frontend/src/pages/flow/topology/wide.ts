import { readKey, TOPICS, type ServiceName, type TopicName } from '../map';
import { groundBoxes } from './ground';
import { curveTo, lineTo, moveTo, type Point } from './path';
import type { Arrow, Box, Drawing, Label } from './shapes';

const EDGE = 1;
const TOPIC_HEIGHT = 50;
const TOPIC_GAP = 10;
const STAGE_GAP = 26;
const ROW_GAP = 24;
const BROWSER_HEIGHT = 56;
/** Where the ways of two writers into one topic meet, left of it. */
const MEETING = 52;
/** Room for an arrow's head. */
const HEAD = 7;

/** Services that write left, topics in the middle, the handler right of them. */
export function wideDrawing(width: number, ground: readonly string[]): Drawing {
  const [left, middle, right] = columns(width);
  const rows = topicRows(middle);
  const row = (name: TopicName) => rows.get(name) as Box;
  const [commands, moneyCommands] = [
    row('confirm_account_creation'),
    row('confirm_money_transfer'),
  ];
  const [created, lastEvent] = [row('account_creation_confirmed'), row('balance_changed')];

  const services: Record<ServiceName, Box> = {
    heartbeat: service('heartbeat', left, row('heartbeat').y, bottom(row('heartbeat'))),
    'command-generator': service('command-generator', left, commands.y, bottom(moneyCommands)),
    'graphql-endpoint': service('graphql-endpoint', left, created.y, bottom(lastEvent)),
    'command-handler': service('command-handler', right, commands.y, bottom(lastEvent)),
  };
  const below = bottom(lastEvent) + ROW_GAP;
  const frame = { x: middle.x, y: below, width: width - EDGE - middle.x };
  const { boxes: groundParts, height: groundHeight } = groundBoxes(ground, frame);
  const browser: Box = {
    node: { kind: 'browser' },
    ...left,
    y: below + 6,
    height: BROWSER_HEIGHT,
  };

  return {
    width,
    height: Math.max(bottom(browser), below + groundHeight) + EDGE,
    isNarrow: false,
    boxes: [
      services.heartbeat,
      row('heartbeat'),
      services['command-generator'],
      commands,
      moneyCommands,
      services['command-handler'],
      ...TOPICS.filter(({ stage }) => stage === 'event').map(({ name }) => row(name)),
      services['graphql-endpoint'],
      browser,
      ...groundParts,
    ],
    arrows: [
      ...leftArrows(services, row),
      ...rightArrows(services, row),
      socket(services, browser),
    ],
    ground: { ...frame, height: groundHeight },
  };
}

type Column = Pick<Box, 'x' | 'width'>;

function columns(width: number): [Column, Column, Column] {
  const [left, middle, right] = [
    clamp(width * 0.17, 188, 236),
    clamp(width * 0.22, 232, 300),
    clamp(width * 0.16, 168, 236),
  ];
  const room = width - 2 * EDGE - left - middle - right;
  return [
    { x: EDGE, width: left },
    { x: EDGE + left + room * 0.57, width: middle },
    { x: width - EDGE - right, width: right },
  ];
}

function topicRows(column: Column): Map<TopicName, Box> {
  const rows = new Map<TopicName, Box>();
  let y = EDGE;
  let before: string = TOPICS[0].stage;
  for (const { name, stage } of TOPICS) {
    if (stage !== before) y += STAGE_GAP - TOPIC_GAP;
    before = stage;
    rows.set(name, { node: { kind: 'topic', name }, ...column, y, height: TOPIC_HEIGHT });
    y += TOPIC_HEIGHT + TOPIC_GAP;
  }
  return rows;
}

function service(name: ServiceName, column: Column, top: number, end: number): Box {
  return { node: { kind: 'service', name }, ...column, y: top, height: end - top };
}

function leftArrows(services: Record<ServiceName, Box>, row: (name: TopicName) => Box): Arrow[] {
  const { heartbeat, 'command-generator': generator, 'graphql-endpoint': endpoint } = services;
  const beats = row('heartbeat');
  const created = row('account_creation_confirmed');
  const arrows: Arrow[] = [
    {
      of: { kind: 'write', service: 'heartbeat', topic: 'heartbeat' },
      path: moveTo(at(heartbeat, 'right', -10)) + lineTo(beforeHead(at(beats, 'left', -10))),
      head: { ...at(beats, 'left', -10), way: 'right' },
      labels: [{ ...between(heartbeat, beats, 0.5, middleY(beats) - 16), shows: 'rate' }],
    },
    leftReading(
      'heartbeat',
      'command-generator',
      at(beats, 'left', 12),
      at(generator, 'right', -34),
      0.3,
    ),
    leftReading(
      'account_creation_confirmed',
      'command-generator',
      at(created, 'left', -13),
      at(generator, 'right', 36),
      0.3,
    ),
  ];
  for (const topic of ['confirm_account_creation', 'confirm_money_transfer'] as const) {
    const target = at(row(topic), 'left', 0);
    const meeting = { x: target.x - MEETING, y: target.y };
    const ways: readonly (readonly [ServiceName, Point])[] = [
      ['command-generator', { x: rightX(generator), y: generator.y + generator.height / 2 }],
      ['graphql-endpoint', { x: rightX(endpoint), y: endpoint.y + 10 }],
    ];
    for (const [index, [service, start]] of ways.entries()) {
      arrows.push({
        of: { kind: 'write', service, topic },
        path: moveTo(start) + curveTo(start, meeting) + lineTo(beforeHead(target)),
        head: { ...target, way: 'right' },
        // What is written is not known by writer: one figure stands where the ways meet.
        labels:
          index === 0 ? [{ x: target.x - 10, y: target.y - 8, anchor: 'end', shows: 'rate' }] : [],
      });
    }
  }
  for (const { name, readers } of TOPICS) {
    if (!(readers as readonly string[]).includes('graphql-endpoint')) continue;
    const y = middleY(row(name)) + (name === 'account_creation_confirmed' ? 10 : 0);
    arrows.push({
      of: reading(name, 'graphql-endpoint'),
      path: moveTo({ x: row(name).x, y }) + lineTo({ x: rightX(endpoint) + HEAD, y }),
      head: { x: rightX(endpoint), y, way: 'left' },
      labels: [
        { x: row(name).x - 10, y: y - 7, anchor: 'end', shows: 'rate' },
        { x: rightX(endpoint) + 12, y: y - 7, anchor: 'start', shows: 'lag' },
      ],
    });
  }
  return arrows;
}

function leftReading(
  topic: TopicName,
  service: ServiceName,
  from: Point,
  to: Point,
  level: number,
): Arrow {
  const turn = { x: to.x + (from.x - to.x) * level, y: to.y };
  return {
    of: reading(topic, service),
    path: moveTo(from) + curveTo(from, turn) + lineTo({ x: to.x + HEAD, y: to.y }),
    head: { ...to, way: 'left' },
    labels: [{ x: to.x + 12, y: to.y - 7, anchor: 'start', shows: 'both' }],
  };
}

function rightArrows(services: Record<ServiceName, Box>, row: (name: TopicName) => Box): Arrow[] {
  const handler = services['command-handler'];
  return TOPICS.filter(({ stage }) => stage !== 'pulse').map(({ name, stage }) => {
    const topic = row(name);
    const y = middleY(topic);
    const isCommand = stage === 'command';
    const [start, end] = isCommand ? [rightX(topic), handler.x] : [handler.x, rightX(topic)];
    const rate: Label = isCommand
      ? { x: start + 10, y: y - 7, anchor: 'start', shows: 'rate' }
      : { x: (start + end) / 2, y: y - 7, anchor: 'middle', shows: 'rate' };
    return {
      of: isCommand
        ? reading(name, 'command-handler')
        : { kind: 'write', service: 'command-handler', topic: name },
      path: moveTo({ x: start, y }) + lineTo({ x: end + (isCommand ? -HEAD : HEAD), y }),
      head: { x: end, y, way: isCommand ? 'right' : 'left' },
      labels: isCommand ? [rate, { x: end - 12, y: y - 7, anchor: 'end', shows: 'lag' }] : [rate],
    };
  });
}

function socket(services: Record<ServiceName, Box>, browser: Box): Arrow {
  const endpoint = services['graphql-endpoint'];
  const x = endpoint.x + endpoint.width / 2;
  return {
    of: { kind: 'socket' },
    path: moveTo({ x, y: bottom(endpoint) }) + lineTo({ x, y: browser.y - HEAD }),
    head: { x, y: browser.y, way: 'down' },
    labels: [],
  };
}

function reading(topic: TopicName, service: ServiceName): Arrow['of'] {
  return { kind: 'read', topic, service, key: readKey(service, topic) };
}

function at(box: Box, side: 'left' | 'right', down: number): Point {
  return { x: side === 'left' ? box.x : rightX(box), y: middleY(box) + down };
}

function beforeHead({ x, y }: Point): Point {
  return { x: x - HEAD, y };
}

function between(from: Box, to: Box, share: number, y: number) {
  const x = rightX(from) + (to.x - rightX(from)) * share;
  return { x, y, anchor: 'middle' as const };
}

function rightX(box: Column): number {
  return box.x + box.width;
}

function middleY(box: Box): number {
  return box.y + box.height / 2;
}

function bottom(box: Box): number {
  return box.y + box.height;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
