import type { ReadKey, ServiceName, TopicName } from '../map';

/** What is drawn as a box. */
export type Node =
  | { readonly kind: 'service'; readonly name: ServiceName }
  | { readonly kind: 'topic'; readonly name: TopicName }
  | { readonly kind: 'browser' }
  | { readonly kind: 'ground'; readonly name: string };

/** A box, in the drawing's units. */
export interface Box {
  readonly node: Node;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A place for a text, and which part of the text is there. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** A figure beside an arrow: how fast, how far behind, or both. */
export interface Label extends Spot {
  readonly shows: 'rate' | 'lag' | 'both';
  /** Whose reading or which way it is, where the place does not tell. */
  readonly names?: 'in' | 'out' | 'reader';
}

/** An arrow from a writer to its topic. */
export interface Writing {
  readonly kind: 'write';
  readonly topic: TopicName;
  readonly service: ServiceName;
}

/** An arrow from a topic to its reader. */
export interface Reading {
  readonly kind: 'read';
  readonly topic: TopicName;
  readonly service: ServiceName;
  readonly key: ReadKey;
}

/** The WebSocket between the endpoint and the browser. */
export interface Socket {
  readonly kind: 'socket';
}

/** An arrow, as a path of SVG that ends at its head. */
export interface Arrow {
  readonly of: Writing | Reading | Socket;
  readonly path: string;
  readonly head: { readonly x: number; readonly y: number; readonly way: Way };
  readonly labels: readonly Label[];
}

/** Where an arrow's head points. */
export type Way = 'left' | 'right' | 'up' | 'down';

/** The whole drawing. Its units are pixels where the page's letters are of 16 pixels. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** Whether services and topics stand below each other. */
  readonly isNarrow: boolean;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  /** The frame around what the services stand on. */
  readonly ground: Omit<Box, 'node'>;
}

/** A text that names a box in maps and keys. */
export function nodeId(node: Node): string {
  return node.kind === 'browser' ? 'browser' : `${node.kind}:${node.name}`;
}

/** A text that names an arrow in maps and keys. */
export function arrowId({ of }: Arrow): string {
  if (of.kind === 'socket') return 'socket';
  return of.kind === 'write' ? `${of.service}>${of.topic}` : `${of.topic}>${of.service}`;
}
