import { describe, expect, it } from 'vitest';
import { useSedge } from './sedge-process.js';

interface ApiDocument {
  openapi: string;
  paths: Record<string, Record<string, { summary?: string }>>;
  components: { schemas: Record<string, { properties: object }> };
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
      ([, { properties }]) => Object.keys(properties).length === 0,
    );
    expect(empty.map(([name]) => name)).toEqual([]);
  });
});
