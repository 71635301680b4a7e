/** Colours of lines, told apart also by who sees no red or green; in the dark lighter. */
export const LINE_COLOURS = [
  'var(--line-1)',
  'var(--line-2)',
  'var(--line-3)',
  'var(--line-4)',
  'var(--line-5)',
  'var(--line-6)',
] as const;

/** Dashes of lines: a second way to tell them apart. In pixels, drawn and not. */
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 4, 2, 4]];

/** How the line at a place looks. */
export function lookOf(at: number): { readonly colour: string; readonly dash: readonly number[] } {
  return {
    colour: LINE_COLOURS[at % LINE_COLOURS.length] ?? LINE_COLOURS[0],
    dash: DASHES[at % DASHES.length] ?? [],
  };
}
