import { expect, it } from 'vitest';
import { checkEdits } from '../deep/next-version.js';

// The deep test of an upgrade makes it of the present sources; that it still can is seen here at once.
it("the next version's edits fit the present sources", () => {
  expect(checkEdits).not.toThrow();
});
