import { digestOfJson } from '@sedge/artifact-contracts';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const traces: Check<Workbench> = {
  name: 'traces',
  played: 'a look at what all these attempts left behind',
  expected: 'no process, no change of an input, no change of the tool itself',
  async play(bench) {
    const [trace] = bench.traces;
    if (trace !== undefined) return failed(trace, mendOf(trace));
    const { tool, runner } = bench.parts;
    const digest = digestOfJson({
      definition: bench.definition,
      identity: await runner.identify(bench.definition, tool.folder),
    });
    if (digest === tool.registered.digest) return passed('nothing');
    const found = 'the tool is another than before: its digest changed, so each job would make all jobs run again';
    return failed(
      found,
      'write nothing into the folder of the tool; a server declares a version that stays while it is the same',
    );
  },
};

const mendOf = (trace: string): string =>
  trace.startsWith('processes')
    ? 'end what was started before the tool ends, and start nothing in a session of its own (setsid)'
    : 'inputs are read only, and shared with other jobs: copy to TMPDIR what must be changed';
