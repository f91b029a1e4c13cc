import { execFileSync } from 'node:child_process';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

/** Code that breaks a border, the file it pretends to be, and the rule that must say so. */
const planted = [
  [
    'a contract imports a port',
    'libs/artifact-contracts/src/planted.ts',
    `import '@sedge/ports';`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'a port imports an adapter',
    'libs/ports/src/planted.ts',
    `import '@sedge/adapter-directory';`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'an adapter imports the kit',
    'libs/adapters/directory/src/planted.ts',
    `import '@sedge/service-kit';`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'the kit imports an adapter',
    'libs/service-kit/src/planted.ts',
    `import '@sedge/adapter-pglite';`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'a service imports a service',
    'apps/ingestion/src/planted.ts',
    `import '@sedge/training';`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'a service imports an adapter',
    'apps/ingestion/src/planted.ts',
    `import '@sedge/adapter-directory';`,
    'no-restricted-imports',
  ],
  [
    'workflow imports the engine',
    'apps/workflow/src/planted.ts',
    `import '@sedge/lne';`,
    '@nx/enforce-module-boundaries',
  ],
  [
    'a module knows the composition',
    'apps/training/src/planted.module.ts',
    `import '@sedge/composition';`,
    'no-restricted-imports',
  ],
  ['domain imports Nest', 'apps/workflow/src/domain/planted.ts', `import '@nestjs/common';`, 'no-restricted-imports'],
  ['domain imports the database', 'apps/workflow/src/domain/planted.ts', `import 'typeorm';`, 'no-restricted-imports'],
  ['domain imports Node', 'apps/ingestion/src/domain/planted.ts', `import 'node:fs';`, 'no-restricted-imports'],
  [
    'domain imports state',
    'apps/workflow/src/domain/planted.ts',
    `import '../state/run.entity.js';`,
    'no-restricted-imports',
  ],
  [
    'domain reads the clock',
    'apps/workflow/src/domain/planted.ts',
    `export const now = Date.now();`,
    'no-restricted-properties',
  ],
  [
    'domain uses the network',
    'apps/workflow/src/domain/planted.ts',
    `export const got = fetch('x');`,
    'no-restricted-globals',
  ],
  ['a default export', 'libs/ports/src/planted.ts', `export default 1;`, 'no-restricted-syntax'],
  ['an enum', 'libs/ports/src/planted.ts', `export enum Planted { a }`, 'no-restricted-syntax'],
] as const;

describe('the border rules', () => {
  let eslint: ESLint;

  beforeAll(() => {
    // Without a project graph the Nx rule warns, skips itself and passes: so write the graph first.
    execFileSync('npx', ['nx', 'graph', '--file=.nx/graph.json'], {
      env: { ...process.env, NX_DAEMON: 'false' },
      stdio: 'pipe',
    });
    eslint = new ESLint();
  });

  it.each(planted)('report that %s', async (_what, filePath, code, rule) => {
    const [result] = await eslint.lintText(code, { filePath });
    expect(result!.messages.map((message) => message.ruleId)).toContain(rule);
    expect(result!.messages.map((message) => message.message).join()).not.toContain('rule will be skipped');
  });

  it('let a service use a contract, a port and the kit', async () => {
    const code = `import '@sedge/artifact-contracts';\nimport '@sedge/ports';\nimport '@sedge/service-kit';\n`;
    const [result] = await eslint.lintText(code, { filePath: 'apps/ingestion/src/planted.ts' });
    expect(result!.messages).toEqual([]);
  });
});
