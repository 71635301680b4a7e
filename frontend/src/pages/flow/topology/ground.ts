import type { Box } from './shapes';

const GAP = 10;
const PADDING = 14;
const TITLE_HEIGHT = 24;
const ITEM_HEIGHT = 46;
const ITEM_WIDTH_LEAST = 132;

/** What the services stand on, in a frame: as many beside each other as there is room for. */
export function groundBoxes(
  names: readonly string[],
  frame: Pick<Box, 'x' | 'y' | 'width'>,
): { readonly boxes: readonly Box[]; readonly height: number } {
  const room = frame.width - 2 * PADDING + GAP;
  const columns = Math.max(1, Math.min(names.length, Math.floor(room / (ITEM_WIDTH_LEAST + GAP))));
  const width = room / columns - GAP;
  const boxes = names.map((name, index) => ({
    node: { kind: 'ground', name } as const,
    x: frame.x + PADDING + (index % columns) * (width + GAP),
    y: frame.y + TITLE_HEIGHT + 8 + Math.floor(index / columns) * (ITEM_HEIGHT + GAP),
    width,
    height: ITEM_HEIGHT,
  }));
  const rows = Math.ceil(names.length / columns);
  return { boxes, height: TITLE_HEIGHT + 8 + rows * (ITEM_HEIGHT + GAP) - GAP + PADDING };
}
