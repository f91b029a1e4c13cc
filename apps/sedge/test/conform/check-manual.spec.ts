import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { checkManual } from './check-manual.js';

const PATH = fileURLToPath(new URL('../../../../docs/reference/conform-checks.md', import.meta.url));

// After a change of a check: npx vitest run --project sedge apps/sedge/test/conform/check-manual.spec.ts -u
it('docs/reference/conform-checks.md is what the checks say of themselves', async () => {
  const text = await format(checkManual(), { ...(await resolveConfig(PATH)), parser: 'markdown' });
  await expect(text).toMatchFileSnapshot(PATH);
});
