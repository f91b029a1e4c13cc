// A file is named by what it holds: no drawer for odds and ends, and roles from a closed list.
const drawers = /(^|\/)(utils?|helpers?|common|misc|types|constants)\.(ts|mjs|py|hpp|cpp)$/;
const roles = new Set([
  'controller',
  'consumer',
  'service',
  'repository',
  'entity',
  'dto',
  'port',
  'adapter',
  'kind',
  'event',
  'tool',
  'module',
  'config',
  'command',
  'spec',
  'contract',
  'worker',
  'gen',
  'migration',
  'filter',
  'runner',
  'rule',
  'bench',
]);

export function check(files) {
  return files.flatMap((path) => {
    if (drawers.test(path)) return [`${path}: name it by what it holds`];
    const match = /\/([^/]+)\.ts$/.exec(path);
    if (!match || path.endsWith('.d.ts') || path.endsWith('.config.ts')) return [];
    const unknown = match[1]
      .split('.')
      .slice(1)
      .filter((role) => !roles.has(role));
    return unknown.length > 0 ? [`${path}: '${unknown.join('.')}' is no role; roles are ${[...roles].join(', ')}`] : [];
  });
}
