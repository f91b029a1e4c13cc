import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KINDS, validateFiles, validateMetadata } from '@sedge/artifact-contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesUnder } from './artifact-samples.js';
import { sampleOfSchema } from './json-sample.js';
import { KindSchemas } from './kind-schemas.js';
import { writeSample } from './sample-artifact.js';

describe('a made-up artifact', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sedge-conform-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is what its kind says, for each kind that the kit can make', async () => {
    const schemas = await KindSchemas.read([]);
    const made: string[] = [];
    for (const { name } of KINDS) {
      const place = mkdtempSync(join(folder, 'kind-'));
      const metadata = await writeSample(name, schemas, place);
      if (metadata === null) continue;
      made.push(name);
      expect([name, validateMetadata(name, metadata), validateFiles(name, await filesUnder(place))]).toEqual([
        name,
        [],
        [],
      ]);
    }
    expect(made).toEqual(expect.arrayContaining(['source', 'dataset.audio', 'features', 'report.accuracy']));
  });
});

describe('a sample of a JSON Schema', () => {
  it.each([
    [{ type: 'integer', minimum: 3, maximum: 4 }, 3],
    [{ type: 'number', exclusiveMinimum: 0, maximum: 0.5 }, 0.5],
    [{ type: 'string', minLength: 9 }, 'sample---'],
    [{ enum: ['a', 'b'] }, 'a'],
    [{ type: ['integer', 'null'] }, 1],
    [{ type: 'array', items: { type: 'string' }, minItems: 2, uniqueItems: true }, ['sample', 'sample-1']],
    [{ type: 'object', required: ['x'], properties: { x: { const: 7 }, y: { type: 'string' } } }, { x: 7 }],
    [{ oneOf: [{ type: 'boolean' }, { type: 'string' }] }, false],
  ])('of %j is %j', (schema, sample) => expect(sampleOfSchema(schema)).toEqual(sample));

  it.each([[{ type: 'string', pattern: '^sha256:' }], [{ not: {} }], [{ type: 'integer', minimum: 2, maximum: 1 }]])(
    'of %j is none',
    (schema) => expect(sampleOfSchema(schema)).toBeUndefined(),
  );
});
