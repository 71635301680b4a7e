import { narrowDrawing } from './narrow';
import type { Drawing } from './shapes';
import { wideDrawing } from './wide';

/** From this width on services stand left and right of the topics; below it, above and under them. */
export const WIDE_FROM = 820;

/** Where everything is drawn, in so much width; `ground` names what the services stand on. */
export function drawing(width: number, ground: readonly string[]): Drawing {
  return width >= WIDE_FROM ? wideDrawing(width, ground) : narrowDrawing(width, ground);
}
