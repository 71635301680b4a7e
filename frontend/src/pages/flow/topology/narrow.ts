import { readKey, TOPICS, type ServiceName, type Stage, type TopicName } from '../map';
import { groundBoxes } from './ground';
import { cornered, type Point } from './path';
import type { Arrow, Box, Drawing, Label } from './shapes';

/** Wider lines would be hard to follow. */
const WIDTH_MOST = 560;
const EDGE = 1;
/** The outermost lines, for what goes back up. */
const LANE = 4;
const SERVICE_INSET = 13;
/** The lines along the topics: written from the left, read from the right. */
const TRUNK = 28;
const TOPIC_INSET = 46;
const SERVICE_HEIGHT = 56;
const TOPIC_HEIGHT = 66;
const TOPIC_LINE = 17;
const GAP = 12;
const STEP = 26;
const HEAD = 7;
const RADIUS = 10;

/** Services and topics below each other, in the order of the way; what goes back goes up at the sides. */
export function narrowDrawing(width: number, ground: readonly string[]): Drawing {
  const room = Math.min(width, WIDTH_MOST);
  const edges: Edges = { left: (width - room) / 2 + EDGE, right: (width + room) / 2 - EDGE };
  const boxes: Box[] = [];
  let y = EDGE;
  const put = (box: Box, gap: number) => {
    boxes.push(box);
    y += box.height + gap;
    return box;
  };
  const service = (name: ServiceName) => put(serviceBox({ kind: 'service', name }, edges, y), STEP);
  const topics = (stage: Stage) => {
    for (const { name, readers } of TOPICS.filter((topic) => topic.stage === stage)) {
      put(topicBox(name, readers.length, edges, y), GAP);
    }
    y += STEP - GAP;
  };
  const heartbeat = service('heartbeat');
  topics('pulse');
  const generator = service('command-generator');
  topics('command');
  const handler = service('command-handler');
  topics('event');
  const endpoint = service('graphql-endpoint');
  const browser = put(serviceBox({ kind: 'browser' }, edges, y), STEP);

  const frame = { x: edges.left, y, width: edges.right - edges.left };
  const { boxes: groundParts, height: groundHeight } = groundBoxes(ground, frame);
  const services = {
    heartbeat,
    'command-generator': generator,
    'command-handler': handler,
    'graphql-endpoint': endpoint,
  };
  return {
    width,
    height: y + groundHeight + EDGE,
    isNarrow: true,
    boxes: [...boxes, ...groundParts],
    arrows: [...topicArrows(boxes, services, edges), socket(endpoint, browser)],
    ground: { ...frame, height: groundHeight },
  };
}

interface Edges {
  readonly left: number;
  readonly right: number;
}

function serviceBox(node: Box['node'], { left, right }: Edges, y: number): Box {
  const x = left + SERVICE_INSET;
  return { node, x, y, width: right - SERVICE_INSET - x, height: SERVICE_HEIGHT };
}

function topicBox(name: TopicName, readers: number, { left, right }: Edges, y: number): Box {
  const x = left + TOPIC_INSET;
  const height = TOPIC_HEIGHT + (readers - 1) * TOPIC_LINE;
  return { node: { kind: 'topic', name }, x, y, width: right - TOPIC_INSET - x, height };
}

function topicArrows(
  boxes: readonly Box[],
  services: Readonly<Record<ServiceName, Box>>,
  edges: Edges,
): Arrow[] {
  return TOPICS.flatMap(({ name, writers, readers }) => {
    const box = boxes.find(({ node }) => node.kind === 'topic' && node.name === name) as Box;
    const written = (writers as readonly ServiceName[]).map((service, index) =>
      writing(box, name, services[service], edges, index),
    );
    const read = (readers as readonly ServiceName[]).map((service, index) =>
      reading(box, name, services[service], edges, index, readers.length),
    );
    return [...written, ...read];
  });
}

function writing(box: Box, topic: TopicName, writer: Box, edges: Edges, index: number): Arrow {
  const service = nameOf(writer);
  const isAbove = writer.y < box.y;
  const y = middleY(box) + (isAbove ? -8 : 12);
  const end = { x: box.x - HEAD, y };
  const trunk = edges.left + TRUNK;
  const lane = edges.left + LANE;
  const points: Point[] = isAbove
    ? [{ x: trunk, y: bottom(writer) }, { x: trunk, y }, end]
    : [{ x: writer.x, y: middleY(writer) }, { x: lane, y: middleY(writer) }, { x: lane, y }, end];
  const label: Label = {
    x: box.x + 12,
    y: box.y + 39,
    anchor: 'start',
    shows: 'rate',
    names: 'in',
  };
  return {
    of: { kind: 'write', service, topic },
    path: cornered(points, RADIUS),
    head: { x: box.x, y, way: 'right' },
    labels: index === 0 ? [label] : [],
  };
}

function reading(
  box: Box,
  topic: TopicName,
  reader: Box,
  edges: Edges,
  index: number,
  readers: number,
): Arrow {
  const service = nameOf(reader);
  const isBelow = reader.y > box.y;
  const right = box.x + box.width;
  const y = middleY(box) + (isBelow ? 0 : -16);
  const trunk = edges.right - TRUNK;
  const lane = edges.right - LANE;
  const readerRight = reader.x + reader.width;
  const points: Point[] = isBelow
    ? [
        { x: right, y },
        { x: trunk, y },
        { x: trunk, y: reader.y - HEAD },
      ]
    : [
        { x: right, y },
        { x: lane, y },
        { x: lane, y: middleY(reader) },
        { x: readerRight + HEAD, y: middleY(reader) },
      ];
  return {
    of: { kind: 'read', topic, service, key: readKey(service, topic) },
    path: cornered(points, isBelow ? RADIUS : 4),
    head: isBelow
      ? { x: trunk, y: reader.y, way: 'down' }
      : { x: readerRight, y: middleY(reader), way: 'left' },
    labels: [
      {
        x: box.x + 12,
        y: box.y + 56 + index * TOPIC_LINE,
        anchor: 'start',
        shows: 'both',
        names: readers > 1 ? 'reader' : 'out',
      },
    ],
  };
}

function socket(endpoint: Box, browser: Box): Arrow {
  const x = endpoint.x + endpoint.width / 2;
  return {
    of: { kind: 'socket' },
    path: cornered(
      [
        { x, y: bottom(endpoint) },
        { x, y: browser.y - HEAD },
      ],
      0,
    ),
    head: { x, y: browser.y, way: 'down' },
    labels: [],
  };
}

function nameOf(box: Box): ServiceName {
  if (box.node.kind !== 'service') throw new Error('only services write and read topics');
  return box.node.name;
}

function middleY(box: Box): number {
  return box.y + box.height / 2;
}

function bottom(box: Box): number {
  return box.y + box.height;
}
