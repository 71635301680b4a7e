/** Which page a path is of. */
export type PageName =
  'home' | 'bank-employee' | 'account' | 'client' | 'background' | 'flow' | 'not-found';

/** A page, with what its path says. */
export interface Route {
  readonly page: PageName;
  /** What stands in the path for `:name`, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

const PATTERNS: readonly (readonly [pattern: string, page: PageName])[] = [
  ['/', 'home'],
  ['/bank-employee', 'bank-employee'],
  ['/bank-employee/:iban', 'account'],
  ['/client', 'client'],
  ['/background', 'background'],
  ['/flow', 'flow'],
  ['/flow/topic/:topic', 'flow'],
  ['/flow/transfer/:transfer', 'flow'],
];

/** The route of a path; a slash at its end does not matter. */
export function match(pathname: string): Route {
  const parts = split(pathname);
  for (const [pattern, page] of PATTERNS) {
    const params = paramsOf(split(pattern), parts);
    if (params) return { page, params };
  }
  return { page: 'not-found', params: {} };
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function paramsOf(pattern: string[], parts: string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of pattern.entries()) {
    const part = decode(parts[index] ?? '');
    if (part === undefined) return undefined;
    if (name.startsWith(':')) params[name.slice(1)] = part;
    else if (name !== part) return undefined;
  }
  return params;
}

/** Undefined where the percent signs are no encoding. */
function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
