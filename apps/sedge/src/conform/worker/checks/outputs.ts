import { portFault } from '../../checks/outputs.js';
import { failed, passed, type Check } from '../../verdict.js';
import type { WorkerBench } from '../worker-bench.js';

export const outputs: Check<WorkerBench> = {
  name: 'outputs',
  played: 'what the first case gives is held against the kinds and metrics that the tool declares',
  expected: 'the metadata are what the kind says, and the declared metrics are there',
  async play({ golden, definition, parts }) {
    for (const [name, id] of Object.entries(golden!.outputs!)) {
      const fault = await portFault(parts.store, parts.kinds, definition.outputs[name]!, id);
      if (fault !== null) return failed(`output '${name}': ${fault.found}`, fault.mend);
    }
    return passed(
      Object.keys(golden!.outputs!)
        .map((name) => `${name}: ${definition.outputs[name]!.kind}`)
        .join(', '),
    );
  },
};
