import { STANDARD_ERROR } from './columns';
import type { Row } from './csv';

/** A line of a chart. */
export interface Line {
  readonly name: string;
  /** Which of all categories it is, the same in every chart. */
  readonly place: number;
  /** A value per load of the chart; null where there is none. */
  readonly values: readonly (number | null)[];
  /** The standard error of each value; null where it is not known. */
  readonly errors: readonly (number | null)[];
}

/** What a chart draws. */
export interface Lines {
  readonly loads: readonly number[];
  readonly lines: readonly Line[];
}

/** A column of results as lines, one per category, over all loads in order. A category without figures has no line. */
export function linesOf(rows: readonly Row[], column: string): Lines {
  const withFigure = rows.filter(({ figures }) => figures[column] !== undefined);
  const loads = [...new Set(withFigure.map(({ load }) => load))].sort((a, b) => a - b);
  const categories = [...new Set(rows.map(({ category }) => category))];
  const lines = categories.flatMap((name, place) => {
    const byLoad = new Map<number, Row['figures']>();
    for (const { category, load, figures } of withFigure) {
      if (category === name) byLoad.set(load, figures);
    }
    if (byLoad.size === 0) return [];
    const of = (wanted: string) => loads.map((load) => byLoad.get(load)?.[wanted] ?? null);
    return { name, place, values: of(column), errors: of(STANDARD_ERROR[column] ?? '') };
  });
  return { loads, lines };
}
