import { csvParseRows } from 'd3-dsv';
import { CATEGORY, LOAD } from './columns';

/** The figures of one category at one load. */
export interface Row {
  readonly category: string;
  readonly load: number;
  /** By column; a column without a number in this row is not there. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Rows that one file may have. */
export const ROWS_MAX = 20_000;

/** A file of results cannot be read, and why. */
export class ResultsError extends Error {
  override name = 'ResultsError';
}

/** Reads comma-separated results: names of columns in the first line. */
export function parseCsv(text: string): readonly Row[] {
  const lines = csvParseRows(text).filter((values) => values.some((value) => value.trim() !== ''));
  const columns = (lines[0] ?? []).map((name) => name.trim());
  for (const needed of [CATEGORY, LOAD]) {
    if (!columns.includes(needed)) throw new ResultsError(`no column ${needed}`);
  }
  if (lines.length - 1 > ROWS_MAX) throw new ResultsError(`more than ${ROWS_MAX} rows`);
  return lines.slice(1).map((values, index) => rowOf(columns, values, index + 2));
}

function rowOf(columns: readonly string[], values: readonly string[], line: number): Row {
  if (values.length !== columns.length) {
    throw new ResultsError(
      `line ${line} has ${values.length} values for ${columns.length} columns`,
    );
  }
  const figures: Record<string, number> = {};
  let category = '';
  for (const [at, column] of columns.entries()) {
    const text = (values[at] ?? '').trim();
    if (column === CATEGORY) category = text;
    else if (text !== '') figures[column] = numberOf(text, column, line);
  }
  const load = figures[LOAD];
  if (category === '' || load === undefined)
    throw new ResultsError(`line ${line} has no ${CATEGORY} or ${LOAD}`);
  return { category, load, figures };
}

function numberOf(text: string, column: string, line: number): number {
  const number = Number(text);
  if (!Number.isFinite(number))
    throw new ResultsError(`line ${line}: ${column} is '${text}', not a number`);
  return number;
}
