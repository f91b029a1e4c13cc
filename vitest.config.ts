import { readdirSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

const parents = ['apps', 'libs', 'libs/adapters', 'lne'];
const projects = parents
  .flatMap((parent) => (existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : []))
  .filter((folder) => existsSync(join(folder, 'package.json')));

const transpile = swc.vite({
  swcrc: false,
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
});

const shared = {
  plugins: [transpile],
  oxc: false as const,
  resolve: { conditions: ['sedge-source', 'node'] },
  ssr: { resolve: { conditions: ['sedge-source', 'node'] } },
};

/** One vitest project per workspace project (tests beside the code and in its test/), and one for what crosses services. */
export default defineConfig({
  test: {
    projects: [
      ...projects.map((folder) => ({
        ...shared,
        test: {
          name: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).nx?.name ?? folder,
          include: [`${folder}/{src,test}/**/*.spec.ts`],
          setupFiles: ['reflect-metadata'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      })),
      {
        ...shared,
        test: {
          name: 'workspace',
          include: ['test/**/*.spec.ts', 'tools/dev/**/*.spec.ts'],
          exclude: ['test/deep/**', 'test/kubernetes/**', 'test/images/**'],
          setupFiles: ['reflect-metadata'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      // What takes long: `npm run test:deep`.
      ...(process.env['SEDGE_TEST_DEEP'] === undefined
        ? []
        : [
            {
              ...shared,
              test: {
                name: 'deep',
                include: ['test/deep/**/*.spec.ts'],
                setupFiles: ['reflect-metadata'],
                testTimeout: 3_600_000,
                hookTimeout: 3_600_000,
              },
            },
            {
              ...shared,
              test: {
                name: 'kubernetes',
                include: ['test/kubernetes/**/*.spec.ts'],
                setupFiles: ['reflect-metadata'],
                testTimeout: 600_000,
                hookTimeout: 600_000,
              },
            },
            {
              ...shared,
              test: {
                name: 'images',
                include: ['test/images/**/*.spec.ts'],
                setupFiles: ['reflect-metadata'],
                testTimeout: 600_000,
                hookTimeout: 600_000,
              },
            },
          ]),
    ],
  },
});
