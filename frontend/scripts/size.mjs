// Tells how large the pages are, compressed, and fails where the first view is over its budget.
import { readFile, readdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const FIRST_VIEW_JS_MAX_BYTES = 60_000;

/** @param {string} file */
const gzipBytes = async (file) => (await stat(`${DIST}${file}.gz`)).size;
/** @param {number} bytes */
const kB = (bytes) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`;

const files = (await readdir(`${DIST}assets`)).filter((file) => /\.(js|css)$/.test(file)).sort();
for (const file of files) console.log(`${kB(await gzipBytes(`assets/${file}`))}  ${file}`);

/** What a script imports at once, itself included. @param {string} file @param {Set<string>} seen */
async function withImports(file, seen) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const script = await readFile(`${DIST}assets/${file}`, 'utf8');
  for (const [, name] of script.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) {
    if (name) await withImports(name, seen);
  }
  return seen;
}

const html = await readFile(`${DIST}index.html`, 'utf8');
const entries = [...html.matchAll(/(?:src|href)="\/assets\/([^"]+\.js)"/g)].map(
  ([, name]) => name ?? '',
);
const home = files.filter((file) => /^HomePage-.*\.js$/.test(file));
if (home.length !== 1 || entries.length === 0)
  throw new Error('the home page is not among the built files');

/** @type {Set<string>} */
const first = new Set();
for (const file of [...entries, ...home]) await withImports(file, first);
let bytes = 0;
for (const file of first) bytes += await gzipBytes(`assets/${file}`);
console.log(
  `${kB(bytes)}  JavaScript of the first view, ${first.size} files, gzip; at most ${FIRST_VIEW_JS_MAX_BYTES / 1000} kB`,
);
if (bytes > FIRST_VIEW_JS_MAX_BYTES) process.exitCode = 1;
