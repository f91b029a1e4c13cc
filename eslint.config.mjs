import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Who may import whom (see docs/architecture.md). Tests may also use the test kit. */
const borders = [
  { sourceTag: 'type:contract', onlyDependOnLibsWithTags: ['type:contract'] },
  { sourceTag: 'type:port', onlyDependOnLibsWithTags: ['type:contract'] },
  { sourceTag: 'type:adapter', onlyDependOnLibsWithTags: ['type:contract', 'type:port'] },
  { sourceTag: 'type:kit', onlyDependOnLibsWithTags: ['type:contract', 'type:port', 'type:kit'] },
  { sourceTag: 'type:engine', onlyDependOnLibsWithTags: ['type:contract', 'type:engine'] },
  {
    sourceTag: 'type:composition',
    onlyDependOnLibsWithTags: ['type:contract', 'type:port', 'type:adapter', 'type:kit', 'type:engine'],
  },
  {
    sourceTag: 'type:service',
    onlyDependOnLibsWithTags: ['type:contract', 'type:port', 'type:kit', 'type:engine', 'type:composition'],
  },
  {
    sourceTag: 'type:composer',
    onlyDependOnLibsWithTags: [
      'type:contract',
      'type:port',
      'type:kit',
      'type:engine',
      'type:composition',
      'type:service',
    ],
  },
  // Stages that run no network have no business with the engine (what is behind the composition is not theirs to know).
  ...['scope:training', 'scope:nas', 'scope:iot-gateway', 'scope:workflow'].map((sourceTag) => ({
    sourceTag,
    onlyDependOnLibsWithTags: ['type:contract', 'type:port', 'type:kit', 'type:composition'],
  })),
];

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a name that is the same everywhere can be searched for.',
};
const noEnum = { selector: 'TSEnumDeclaration', message: 'Use a const object and a union of its values.' };

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/build/**',
      '**/node_modules/**',
      '**/.nx/**',
      '**/.cache/**',
      '**/*.gen.ts',
      'test/architecture/planted/**',
    ],
  },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mjs'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: false } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], enforceBuildableLibDependency: false, depConstraints: borders },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-unsafe-function-type': 'off',
      'no-restricted-syntax': ['error', noDefaultExport, noEnum],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'max-params': ['error', 5],
    },
  },
  {
    // Nobody checks the types of scripts, so a name that is missing would show only when its line runs. Known are those that Node.js has.
    files: ['**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly'])),
    },
    rules: { 'no-undef': 'error' },
  },
  {
    // The rules of a service: no framework, no input or output, no clock.
    files: ['apps/*/src/domain/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@nestjs/*', 'typeorm', 'node:*', '!node:path', '!node:path/posix'],
              message: 'domain/ does no input or output.',
            },
            {
              group: ['**/api/**', '**/events/**', '**/state/**', '**/tools/**'],
              message: 'domain/ knows contracts and itself.',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'fetch', 'setTimeout', 'setInterval', 'process'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes in as an argument.' },
        { object: 'Math', property: 'random', message: 'Randomness comes in as an argument.' },
      ],
    },
  },
  {
    // Only a process's entry knows which adapters are behind the ports.
    files: ['apps/*/src/**/*.ts'],
    ignores: ['apps/*/src/main.ts', 'apps/sedge/src/**', 'apps/*/src/domain/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['@sedge/composition', '@sedge/adapter-*'], message: 'Only main.ts knows the composition.' },
          ],
        },
      ],
    },
  },
  {
    files: ['tools/dev/**', 'lne/**/*.mjs', 'apps/sedge/src/**', '**/bench/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts', '**/test/**/*.mjs'],
    rules: { '@nx/enforce-module-boundaries': 'off', 'max-params': 'off' },
  },
  {
    files: ['*.config.ts', '*.config.mjs'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
