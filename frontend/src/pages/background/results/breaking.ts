import { BROKE, DATA_POINTS, HIGHEST_LOAD } from './columns';
import type { Row } from './csv';

/** The highest load that a category held. */
export interface Breaking {
  readonly name: string;
  readonly load: number;
  /** Whether it broke above; otherwise it might have held more. */
  readonly broke: boolean;
}

/**
 * The highest load that each category held. The figures of 2019 do not say it: there a run ended when it broke, and the highest load that half of
 * the interactions were made at is the one that half of the runs got over.
 */
export function breakingOf(rows: readonly Row[]): readonly Breaking[] {
  const names = [...new Set(rows.map(({ category }) => category))];
  return names.flatMap((name) => {
    const own = rows.filter(({ category }) => category === name);
    const told = own[0]?.figures[HIGHEST_LOAD];
    if (told !== undefined) return [{ name, load: told, broke: own[0]?.figures[BROKE] === 1 }];
    const points = (row: Row) => row.figures[DATA_POINTS] ?? 0;
    const full = Math.max(...own.map(points));
    const held = own.filter((row) => full > 0 && 2 * points(row) >= full).map(({ load }) => load);
    return held.length === 0 ? [] : [{ name, load: Math.max(...held), broke: true }];
  });
}
