import type { JobFile, JobInput } from '@sedge/tool-contracts';
import { describeOutcome } from '../outcome-text.js';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const newer: Check<Workbench> = {
  name: 'newer',
  played:
    'the first case as a later Sedge may ask for it: with fields that the tool does not know, in the job and in the metadata of inputs',
  expected: 'it succeeds: unknown fields are left alone',
  async play(bench) {
    const attempt = await bench.run(bench.main, { change: addUnknownFields });
    if (attempt.outputs !== null) return passed('unknown fields do not matter to it');
    const mend =
      'read the fields that are needed and pass over others; do not check job.json or metadata against a closed schema';
    return failed(`with unknown fields: ${describeOutcome(attempt)}`, mend);
  },
};

const LATER = { isOptional: true, since: 'a later version' };

function addUnknownFields(file: JobFile): void {
  const all = Object.values(file.inputs).flat() as (JobInput & Record<string, unknown>)[];
  for (const input of all) {
    input['laterField'] = LATER;
    input.metadata = { ...input.metadata, laterField: LATER };
  }
  Object.assign(file, { laterField: LATER });
  for (const output of Object.values(file.outputs)) Object.assign(output, { laterField: LATER });
}
