// A TODO names the issue that will do it: TODO(#12).
import { readFileSync } from 'node:fs';

const isText = /\.(ts|mjs|py|hpp|cpp|h|md|yml|yaml|json|txt|cmake)$/;

export function check(files) {
  return files
    .filter((path) => isText.test(path) && !path.startsWith('tools/dev/tidy') && path !== 'package-lock.json')
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/.test(line) ? [`${path}:${index + 1}: a TODO without an issue`] : [],
        ),
    );
}
