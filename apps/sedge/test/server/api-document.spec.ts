import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { useSedge } from './sedge-process.js';

const PATH = fileURLToPath(new URL('../../../../docs/reference/openapi.json', import.meta.url));

interface Response {
  description: string;
  content?: Record<string, { schema?: object }>;
}

interface Operation {
  operationId: string;
  summary?: string;
  responses: Record<string, Response>;
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: object };
}

interface ApiDocument {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties?: object; anyOf?: object[] }> };
}

describe('the OpenAPI document', () => {
  const bench = useSedge();

  it('says what each address does and what each body holds', async () => {
    const document = await bench.sedge.api.get<ApiDocument>('/v1/openapi.json');
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/runs', '/v1/jobs/{id}/claim', '/v1/uploads']),
    );
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary }]) => ({ place: `${method} ${path}`, summary })),
    );
    expect(operations.filter(({ summary }) => !summary).map(({ place }) => place)).toEqual([]);
    const empty = Object.entries(document.components.schemas).filter(
      ([, { properties, anyOf }]) => !anyOf && Object.keys(properties ?? {}).length === 0,
    );
    expect(empty.map(([name]) => name)).toEqual([]);
  });

  // After a change of the API: npx vitest run apps/sedge/test/server/api-document.spec.ts --update
  it('is docs/reference/openapi.json', async () => {
    const document = await bench.sedge.api.get<ApiDocument>('/v1/openapi.json');
    const text = await format(JSON.stringify(document), { ...(await resolveConfig(PATH)), parser: 'json' });
    await expect(text).toMatchFileSnapshot(PATH);
  });

  it('says of each operation what it answers when all is well, and with which codes when it is not', async () => {
    const document = await bench.sedge.api.get<ApiDocument>('/v1/openapi.json');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ place: `${method} ${path}`, operation })),
    );
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { place, operation } of operations) {
      const answers = Object.entries(operation.responses);
      expect(
        answers.some(([status]) => status.startsWith('2')),
        place,
      ).toBe(true);
      for (const [status, { description, content }] of answers) {
        expect(description, `${place} ${status}`).not.toBe('');
        if (['204', '304'].includes(status)) continue;
        const schemas = Object.values(content ?? {}).map(({ schema }) => schema);
        expect(schemas, `${place} ${status}`).toEqual([expect.any(Object)]);
        if (status >= '400') expect(JSON.stringify(schemas), `${place} ${status}`).toMatch(/"code":.*"[A-Z]+_[A-Z_]+"/);
      }
    }
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    const known = Object.keys(document.components.schemas);
    expect(references.map(([, name]) => name).filter((name) => !known.includes(name!))).toEqual([]);
  });

  it('names each parameter of an operation once, all in the path, and headers as they are needed', async () => {
    const { paths } = await bench.sedge.api.get<ApiDocument>('/v1/openapi.json');
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { parameters }] of Object.entries(methods)) {
        const places = parameters.map(({ name, in: where }) => `${where} ${name.toLowerCase()}`);
        expect(new Set(places).size, `${method} ${path}: ${places.join(', ')}`).toBe(places.length);
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name!.toLowerCase()}`);
        expect(places, `${method} ${path}`).toEqual(expect.arrayContaining(inPath));
      }
    }
    expect(paths['/v1/runs']!['post']!.parameters).toContainEqual(
      expect.objectContaining({ name: 'idempotency-key', in: 'header', required: false }),
    );
    const chunk = paths['/v1/uploads/{id}/files/{path}']!['patch']!;
    expect(chunk.parameters).toContainEqual(
      expect.objectContaining({ name: 'upload-offset', in: 'header', required: true }),
    );
    expect(Object.keys(chunk.requestBody!.content)).toEqual(['application/offset+octet-stream']);
  });
});
