import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KUBERNETES_PROGRAMS, findServer } from '@sedge/local-servers';
import { parseAllDocuments, stringify } from 'yaml';

/** What the chart is rendered for: helm itself, built by Go, knows no version. */
const KUBERNETES = KUBERNETES_PROGRAMS.find(({ name }) => name === 'control-plane')!.version;
export const CHART = join(import.meta.dirname, '..', '..', 'deploy', 'helm', 'sedge');

export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: unknown;
}

/** What the chart makes of settings. @throws Error with helm's own words where they are refused */
export function render(values: object, release = 'sedge'): Resource[] {
  const folder = mkdtempSync(join(tmpdir(), 'sedge-helm-'));
  try {
    const file = join(folder, 'values.yaml');
    writeFileSync(file, stringify(values));
    const args = ['template', release, CHART, '--namespace', 'sedge', '--kube-version', KUBERNETES, '--values', file];
    const { status, stdout, stderr } = spawnSync(findServer('helm')!, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (status !== 0) throw new Error(stderr);
    return parseAllDocuments(stdout)
      .map((document) => document.toJS() as Resource | null)
      .filter((resource) => resource !== null);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what helm says of the chart; it throws where it finds a mistake */
export const lint = (): string => execFileSync(findServer('helm')!, ['lint', '--strict', CHART], { encoding: 'utf8' });
