import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from '../src/index.js';

const PATH = fileURLToPath(new URL('../../../docs/reference/asyncapi.json', import.meta.url));

describe('docs/reference/asyncapi.json', () => {
  // After a change of an event: npx vitest run libs/event-contracts/test/async-api.spec.ts --update
  it('is what the classes of the events say', async () => {
    const text = await format(JSON.stringify(asyncApiDocument()), {
      ...(await resolveConfig(PATH)),
      parser: 'json',
    });
    await expect(text).toMatchFileSnapshot(PATH);
  });
});
