// The borders of lne/: run-time headers use the standard library only; operators, passes and plugins never include each other.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const isSource = /\.(cpp|hpp|h)$/;
const include = /^\s*#\s*include\s+"([^"]+)"/gm;

export function check(files) {
  const sources = files.filter((path) => path.startsWith('lne/') && isSource.test(path) && !/_test\.cpp$/.test(path));
  return sources.flatMap((path) => includesOf(path).flatMap((named) => verdict(path, named)));
}

const includesOf = (path) => [...readFileSync(path, 'utf8').matchAll(include)].map(([, named]) => named);

function verdict(path, named) {
  const room = path.split('/').slice(1, 4).join('/');
  if (path.startsWith('lne/runtime/') && /(^|\/)(src|plugins|node|include\/lne)\//.test(named)) {
    return [`${path}: a run-time header includes '${named}'; it may use the standard library and its neighbours only`];
  }
  if (/^lne\/plugins\/[^/]+\//.test(path)) {
    const other = /(?:^|\/)plugins\/([^/]+)\//.exec(named);
    if (other && !room.startsWith(`plugins/${other[1]}`))
      return [`${path}: a plugin includes another one ('${named}')`];
  }
  if (/^lne\/src\/(ops|passes)\//.test(path) && /(^|\/)(ops|passes)\/[^/]+\.cpp$/.test(named)) {
    return [`${path}: includes its sibling ${basename(named)}`];
  }
  return [];
}
