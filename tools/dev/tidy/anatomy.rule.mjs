// Every service has the same anatomy, so that who knows one knows all.
const folders = new Set(['api', 'events', 'domain', 'state', 'tools']);
const beside = new Set(['src', 'test', 'bench', 'console', 'README.md', 'package.json', 'tsconfig.json']);
const composer = 'sedge';
/** Whole halves of a service that are modules of their own. */
const furtherModules = new Set(['apps/workflow/src/artifacts.module.ts']);

export function check(files) {
  const services = new Map();
  for (const path of files.filter((file) => file.startsWith('apps/'))) {
    const [, service, ...rest] = path.split('/');
    if (!services.has(service)) services.set(service, []);
    services.get(service).push(rest.join('/'));
  }
  return [...services].flatMap(([service, paths]) => [...strays(service, paths), ...absent(service, paths)]);
}

function strays(service, paths) {
  const inSource = new Set([
    'main.ts',
    'index.ts',
    'errors.ts',
    `${service}.module.ts`,
    `${service}.config.ts`,
    `${service}.config.spec.ts`,
  ]);
  return paths.flatMap((path) => {
    const [top, second] = path.split('/');
    if (!beside.has(top) && !(service === composer && top === 'bin'))
      return [`apps/${service}/${path}: a service has only ${[...beside].join(', ')}`];
    if (top !== 'src' || service === composer || furtherModules.has(`apps/${service}/${path}`)) return [];
    return inSource.has(second) || folders.has(second)
      ? []
      : [`apps/${service}/${path}: src/ has only ${[...inSource, ...folders].join(', ')}`];
  });
}

function absent(service, paths) {
  const needed =
    service === composer ? ['README.md'] : ['README.md', 'src/main.ts', 'src/index.ts', `src/${service}.module.ts`];
  return needed.filter((path) => !paths.includes(path)).map((path) => `apps/${service}/${path} is missing`);
}
