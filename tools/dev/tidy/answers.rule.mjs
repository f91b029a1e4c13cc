// What the OpenAPI documents say of answers is made of the code as it is.
import { spawnSync } from 'node:child_process';

export function check() {
  const result = spawnSync(process.execPath, ['tools/dev/generate-answers.mjs', '--check'], { encoding: 'utf8' });
  return result.status === 0 ? [] : `${result.stdout}${result.stderr}`.trim().split('\n');
}
