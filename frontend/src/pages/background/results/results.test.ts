import { expect, test } from 'vitest';
import index from '../../../../public/results/index.json?raw';
import ours from '../../../../public/results/2026.csv?raw';
import original from '../../../../public/results/original-2019.csv?raw';
import { CHARTS } from './columns';
import { breakingOf } from './breaking';
import { parseCsv } from './csv';
import { loadResults } from './load';
import { scaleOf } from './scale';
import { linesOf } from './series';

const SERVED: Readonly<Record<string, string>> = {
  '/results/index.json': index,
  '/results/original-2019.csv': original,
  '/results/2026.csv': ours,
};

/** Gives the files that are really served, and these in their place. */
function files(changed: Readonly<Record<string, string>> = {}) {
  return (path: string) => {
    const text = changed[path] ?? SERVED[path];
    return Promise.resolve(
      text === undefined ? new Response('', { status: 404 }) : new Response(text),
    );
  };
}

const OF_2019 = [
  'Clojure, 2019',
  'Kotlin (Spring), 2019',
  'Rust (native client), 2019',
  'Rust (rdkafka), 2019',
];
const OF_2026 = [
  'This bank, 2026',
  'This bank as in 2019, 2026',
  'One command at a time, 2026',
  'In Python, 2026',
];
/** The geometric protocol looks at the page from inside alone, and what Python publishes has not every step in its headers. */
const OF_SOME: Readonly<Record<string, readonly string[]>> = {
  outside: ['This bank as in 2019, 2026'],
  ...Object.fromEntries(Object.keys(CHARTS.way).map((step) => [step, OF_2026])),
  ...Object.fromEntries(
    ['requested', 'produced', 'decided'].map((step) => [step, OF_2026.slice(0, 3)]),
  ),
};
/** What was not measured in 2019. */
const NEW = ['p99', 'timeouts', 'heartbeats'];

test('the served results have a figure of every handler for every column that a chart shows', async () => {
  const { rows, sources } = await loadResults(files());
  expect(sources.map(({ source }) => source)).toEqual([
    'Open Bank Mark, measurements of 2019',
    'This bank, November 2026',
  ]);
  for (const [choice, column] of Object.values(CHARTS).flatMap((chart) => Object.entries(chart))) {
    const { lines, loads } = linesOf(rows, column);
    const all = NEW.includes(choice) ? OF_2026 : [...OF_2019, ...OF_2026];
    expect(
      lines.map(({ name }) => name),
      choice,
    ).toEqual(OF_SOME[choice] ?? all);
    expect(loads[0]).toBe(0);
    expect(loads.length).toBeGreaterThan(20);
  }
  expect(linesOf(rows, 'mean_latency_ms').lines[0]?.values[0]).toBe(386.6);
});

test('further files are taken from the list, their categories told apart by the name of the file', async () => {
  const about = { en: '', nl: '' };
  const results = [
    { file: 'original-2019.csv', name: '2019', source: 'a', about },
    { file: 'new.csv', name: '2026', source: 'b', about },
  ];
  const { rows } = await loadResults(
    files({
      '/results/index.json': JSON.stringify({ results }),
      '/results/new.csv': 'category,additional_load_per_s,mean_latency_ms\nRust,5,7.5\n',
    }),
  );
  const { lines, loads } = linesOf(rows, 'mean_latency_ms');
  expect(lines.map(({ name }) => name)).toContain('Clojure, 2019');
  const added = lines.find(({ name }) => name === 'Rust, 2026');
  expect(added?.values[loads.indexOf(5)]).toBe(7.5);
  expect(added?.values[loads.indexOf(10)]).toBeNull();
});

test.each([
  ['{}', 'index.json lists no results'],
  ['{"results": [{"file": "x"}]}', 'index.json lists no results'],
  [
    '{"results": [{"file":"gone.csv","name":"","source":"","about":{"en":"","nl":""}}]}',
    '/results/gone.csv: 404',
  ],
])('a list %s is refused: %s', async (list, message) => {
  await expect(loadResults(files({ '/results/index.json': list }))).rejects.toThrow(message);
});

test.each([
  ['', 'no column category'],
  ['category\n', 'no column additional_load_per_s'],
  ['category,additional_load_per_s\nRust\n', 'line 2 has 1 values for 2 columns'],
  [
    'category,additional_load_per_s\nRust,many\n',
    "line 2: additional_load_per_s is 'many', not a number",
  ],
  ['category,additional_load_per_s\n,1\n', 'line 2 has no category'],
  ['category,additional_load_per_s\nRust,\n', 'line 2 has no category'],
])('results %j are refused: %s', (text, message) => {
  expect(() => parseCsv(text)).toThrow(message);
});

test('a category keeps its place in a chart that has no figures of those before it', () => {
  const rows = parseCsv('category,additional_load_per_s,x,y\nA,0,1,\nB,0,2,3\n');
  expect(linesOf(rows, 'y').lines).toEqual([{ name: 'B', place: 1, values: [3], errors: [null] }]);
});

test('the highest load is what the results say, or, of 2019, the last that half of the runs got over', async () => {
  const { rows } = await loadResults(files());
  const found = breakingOf(rows).map(({ name, load, broke }) => [name, Math.round(load), broke]);
  expect(found.slice(0, 5)).toEqual([
    ['Clojure, 2019', 290, true],
    ['Kotlin (Spring), 2019', 290, true],
    ['Rust (native client), 2019', 190, true],
    ['Rust (rdkafka), 2019', 230, true],
    ['This bank, 2026', 22094, true],
  ]);
  expect(found[5]).toEqual(['This bank as in 2019, 2026', 990, false]);
  expect(found).toHaveLength(8);
  expect(breakingOf(parseCsv('category,additional_load_per_s\nA,10\n'))).toEqual([]);
});

test('a category may have a comma and quotes in its name, as the report writes them', () => {
  const rows = parseCsv('category,additional_load_per_s,x\n"Rust, ""fast""",0,1\n');
  expect(rows).toEqual([
    { category: 'Rust, "fast"', load: 0, figures: { additional_load_per_s: 0, x: 1 } },
  ]);
});

test('a mean has its standard error, where the results have it', async () => {
  const { rows } = await loadResults(files());
  const first = (column: string) => linesOf(rows, column).lines[0];
  expect(first('mean_latency_ms')?.errors[0]).toBe(5.65);
  expect(first('median_latency_ms')?.errors[0]).toBeNull();
});

test('an empty value is no figure, and no zero', () => {
  const rows = parseCsv('category,additional_load_per_s,x\r\nA,0,1\r\nA,10,\r\nB,10,3\r\n');
  expect(linesOf(rows, 'x')).toEqual({
    loads: [0, 10],
    lines: [
      { name: 'A', place: 0, values: [1, null], errors: [null, null] },
      { name: 'B', place: 1, values: [null, 3], errors: [null, null] },
    ],
  });
});

test.each([
  [[0, 10, 500], { distr: 1 }],
  [[0, 10, 501], { distr: 4, asinh: 10 }],
  [[0.02, null, 3], { distr: 4, asinh: 0.01 }],
  [[0, null], { distr: 1 }],
  [[], { distr: 1 }],
])('values %j are told apart on an axis %j', (values, scale) => {
  expect(scaleOf(values)).toEqual(scale);
});
