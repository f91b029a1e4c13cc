import { buffer } from 'node:stream/consumers';
import { parseManifest, type Digest } from '@sedge/artifact-contracts';
import type { ArtifactStore } from '@sedge/ports';
import type { ToolPort } from '@sedge/tool-contracts';
import type { KindSchemas } from '../kind-schemas.js';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const outputs: Check<Workbench> = {
  name: 'outputs',
  played: 'what the first case gives is held against the kinds and metrics that the tool declares',
  expected: 'metadata, files and contents are what the kind says, and the declared metrics are there',
  async play(bench) {
    const { outputs: given, outputFault } = bench.golden!;
    if (outputFault !== null)
      return failed(outputFault, 'write what docs/reference/kinds says of the kind, or declare another kind');
    const ports = bench.definition.outputs;
    for (const [name, id] of Object.entries(given!)) {
      const fault = await portFault(bench.parts.store, bench.parts.kinds, ports[name]!, id);
      if (fault !== null) return failed(`output '${name}': ${fault.found}`, fault.mend);
    }
    return passed(
      Object.keys(given!)
        .map((name) => `${name}: ${ports[name]!.kind}`)
        .join(', '),
    );
  },
};

interface Fault {
  found: string;
  mend: string;
}

/** What of a stored output is not as its port declares: the schema of somebody's own kind, and metrics. */
export async function portFault(
  store: ArtifactStore,
  kinds: KindSchemas,
  port: ToolPort,
  id: Digest,
): Promise<Fault | null> {
  const { config } = parseManifest((await buffer(await store.read(id))).toString('utf8'));
  const metadata = JSON.parse((await buffer(await store.read(config.digest))).toString('utf8')) as {
    metrics?: Record<string, unknown>;
  };
  const mistake = kinds.mistakeIn(port.kind, metadata);
  if (mistake !== null)
    return { found: `metadata: ${mistake}`, mend: `write what the schema of ${port.kind} says, or correct the schema` };
  const there = Object.keys(metadata.metrics ?? {});
  const missing = (port.metrics ?? []).find((wanted) => !there.some((name) => matches(wanted, name)));
  if (missing === undefined) return null;
  const found = `the metric '${missing}' that the tool declares is not in its metadata (${there.join(', ') || 'there are none'})`;
  return { found, mend: `write it to metrics in metadata.json, or take it out of outputs in tool.yaml` };
}

const matches = (wanted: string, name: string): boolean =>
  wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
