import type { ItemView, RunView } from '@sedge/workflow';
import { describe, expect, it } from 'vitest';
import { goOnText } from './go-on.js';

const AGAIN = 'npx sedge run a.yml';

function failedBy(...failures: ItemView['failure'][]): Pick<RunView, 'id' | 'state' | 'items'> {
  const items = failures.map((failure) => ({ state: 'failed', failure }) as ItemView);
  return { id: 'r1', state: 'failed', items: [...items, { state: 'succeeded', failure: null } as ItemView] };
}

describe('how to go on with a run that did not succeed', () => {
  const passing = { code: 'STORE_FULL', message: '', class: 'transient' } as const;
  const lacking = { code: 'TOOL_COMMAND_MISSING', message: '', class: 'permanent' } as const;
  const wrong = { code: 'TOOL_FAILED', message: '', class: 'permanent' } as const;

  it('is a retry where what failed was passing or the machine’s', () => {
    for (const run of [failedBy(passing), failedBy(passing, lacking), { ...failedBy(), state: 'cancelled' as const }]) {
      expect(goOnText(run, AGAIN)).toContain('npx sedge retry r1');
    }
  });

  it('is a new run where an input or a parameter was wrong, since a retry keeps them', () => {
    for (const run of [failedBy(wrong), failedBy(passing, wrong), failedBy(null), failedBy()]) {
      expect(goOnText(run, AGAIN)).toContain(AGAIN);
      expect(goOnText(run, AGAIN)).not.toContain('retry');
    }
  });
});
