// The names of the stages, which are generated from the apps, are fresh.
import { spawnSync } from 'node:child_process';

export function check() {
  const result = spawnSync(process.execPath, ['tools/dev/generate-stage-index.mjs', '--check'], { encoding: 'utf8' });
  return result.status === 0 ? [] : `${result.stdout}${result.stderr}`.trim().split('\n');
}
