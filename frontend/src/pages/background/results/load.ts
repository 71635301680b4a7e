import type { Language } from '../../../i18n/language.svelte';
import { parseCsv, ResultsError, type Row } from './csv';

/** A file of results, as `results/index.json` lists it. */
interface Listed {
  readonly file: string;
  /** Told apart by this where several files have the same category. */
  readonly name: string;
  readonly source: string;
  readonly about: Readonly<Record<Language, string>>;
}

/** Results of all listed files. */
export interface Results {
  readonly sources: readonly Listed[];
  readonly rows: readonly Row[];
}

/** Files that are read; of a list of more than that the first. */
const FILES_MAX = 20;

/** How a file is fetched. */
export type Fetch = (path: string) => Promise<Response>;

/** Reads the list and all its files. */
export async function loadResults(fetchFile: Fetch = fetch): Promise<Results> {
  const list = await textOf(fetchFile, '/results/index.json');
  const sources = listedIn(JSON.parse(list)).slice(0, FILES_MAX);
  const files = await Promise.all(
    sources.map(async ({ file, name }) => {
      const rows = parseCsv(await textOf(fetchFile, `/results/${encodeURIComponent(file)}`));
      return rows.map((row) =>
        sources.length > 1 ? { ...row, category: `${row.category}, ${name}` } : row,
      );
    }),
  );
  return { sources, rows: files.flat() };
}

async function textOf(fetchFile: Fetch, path: string): Promise<string> {
  const response = await fetchFile(path);
  if (!response.ok) throw new ResultsError(`${path}: ${response.status}`);
  return response.text();
}

function listedIn(list: unknown): readonly Listed[] {
  const listed =
    typeof list === 'object' && list !== null && 'results' in list ? list.results : null;
  if (!Array.isArray(listed) || !listed.every(isListed)) {
    throw new ResultsError('index.json lists no results');
  }
  return listed;
}

function isListed(value: unknown): value is Listed {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const about = fields.about as Record<string, unknown> | undefined;
  return (
    ['file', 'name', 'source'].every((name) => typeof fields[name] === 'string') &&
    typeof about?.en === 'string' &&
    typeof about.nl === 'string'
  );
}
