// What is generated from the artifact kinds (their index and their JSON Schemas) is fresh.
import { spawnSync } from 'node:child_process';

export function check() {
  const result = spawnSync(process.execPath, ['tools/dev/generate-kind-index.mjs', '--check'], { encoding: 'utf8' });
  return result.status === 0 ? [] : `${result.stdout}${result.stderr}`.trim().split('\n');
}
