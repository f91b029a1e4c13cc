// `npm run check`: format, lint, types and tidy, each with its own verdict. Meant to be run before each commit.
// usage: node tools/dev/check.mjs [format|lint|types|tidy] [--fix]
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

const isFix = process.argv.includes('--fix');
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
mkdirSync('.nx', { recursive: true });

const bin = (name) => `node_modules/.bin/${name}`;
const checks = [
  ['format', [[bin('prettier'), isFix ? '--write' : '--check', '--log-level', 'warn', '.']]],
  [
    'lint',
    [
      // Without a project graph the border rule skips itself, so the graph is written first.
      [bin('nx'), 'graph', '--file=.nx/graph.json'],
      [bin('eslint'), '.', '--max-warnings', '0', ...(isFix ? ['--fix'] : [])],
    ],
  ],
  ['types', [[bin('tsc'), '-p', 'tsconfig.json']]],
  ['tidy', [[process.execPath, 'tools/dev/tidy.mjs']]],
];

let failed = 0;
for (const [name, commands] of checks.filter(([name]) => wanted.length === 0 || wanted.includes(name))) {
  const started = Date.now();
  const isGood = commands.every(([command, ...args]) => {
    const result = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, NX_DAEMON: 'false' } });
    if (result.status !== 0) process.stdout.write(`${result.stdout}${result.stderr}`);
    return result.status === 0;
  });
  console.log(`${isGood ? '✓' : '✗'} ${name}  ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (!isGood) failed++;
}
process.exit(failed > 0 ? 1 : 0);
