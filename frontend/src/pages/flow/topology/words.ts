import type { FlowTexts } from '../texts';
import type { Status } from '../status';

/** How a part is, in a few words. */
export function shortStatus({ level, instances }: Status, t: FlowTexts): string {
  const up = instances.filter((part) => part.up);
  if (instances.length > 1 && up.length < instances.length && up.length > 0) {
    return t.someRun(up.length, instances.length);
  }
  if (level !== 'up') return t.levels[level];
  const roles = up.flatMap(({ role }) => (role === null ? [] : [t.roles[role] ?? role]));
  return roles.length > 0 ? [...new Set(roles)].join(', ') : t.levels.up;
}

/** The same, with what it lacks. */
export function longStatus(status: Status, t: FlowTexts): string {
  const missing = [...new Set(status.instances.flatMap((part) => part.missing))];
  const short = shortStatus(status, t);
  return missing.length > 0 ? `${short}; ${t.lacks(missing.join(', '))}` : short;
}

/** A text in lines of at most so many letters, broken between words. */
export function lines(text: string, most: number): string[] {
  const broken: string[] = [];
  for (const word of text.split(' ')) {
    const line = broken.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= most) {
      broken[broken.length - 1] = `${line} ${word}`;
    } else {
      broken.push(word);
    }
  }
  return broken;
}

/** A text of at most so many letters; what is cut is told by an ellipsis. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
