import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.js';

const PATIENT = { timeout: 300_000 };
const WORKFLOW = `name: two
inputs:
  source: { from: ./data.txt }
steps:
  first: { tool: sample-step, in: { source: $inputs.source } }
  second: { tool: sample-step, in: { of: $first.report }, with: { value: 5 } }
`;

interface Listed {
  id: string;
  kind: string;
}

describe('artifacts, tools, lineage and garbage', PATIENT, () => {
  let sandbox: Sandbox;
  let listed: Listed[];

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.file('data.txt', 'recordings');
    await sandbox.file('workflow.yml', WORKFLOW);
    await sandbox.up();
    await sandbox.sedge('run', 'workflow.yml');
    listed = (await sandbox.sedge('artifacts', 'list', '--json')).json as unknown as Listed[];
  }, PATIENT.timeout);
  afterAll(() => sandbox.remove());

  it('lists the newest first, of a kind where asked', async () => {
    expect(listed.map(({ kind }) => kind)).toEqual(['report.training', 'report.training', 'source']);
    const sources = await sandbox.sedge('artifacts', 'list', '--kind', 'source', '--json');
    expect(sources.json).toMatchObject([{ id: listed[2]!.id }]);
    expect((await sandbox.sedge('artifacts', 'list', '--limit', '1')).stdout).toContain('sample-step@1');
  });

  it('shows one by the beginning of its id, and draws what it came from', async () => {
    const start = listed[0]!.id.slice(7, 19);
    const shown = await sandbox.sedge('artifacts', 'show', start, '--json');
    expect(shown.json[0]).toMatchObject({ id: listed[0]!.id, metadata: { metrics: { value: 6 } } });
    const tree = await sandbox.sedge('lineage', start, '--up');
    const kinds = tree.stdout.split('\n').flatMap((line) => /(report\.training|source) \w{12}/.exec(line)?.[1] ?? []);
    expect(kinds).toEqual(['report.training', 'report.training', 'source']);
    const lineage = await sandbox.sedge('lineage', listed[2]!.id, '--down', '--json');
    expect(lineage.json[0]).toMatchObject({
      artifact: listed[2]!.id,
      edges: expect.arrayContaining([expect.anything()]),
    });
    expect((await sandbox.sedge('artifacts', 'show', '0123456789ab')).code).toBe(4);
    expect((await sandbox.sedge('artifacts', 'show', 'no-id')).code).toBe(2);
  });

  it('exports with all that an artifact came from, imports it elsewhere, and refuses a flipped bit', async () => {
    const saved = await sandbox.sedge('artifacts', 'export', listed[0]!.id, 'all.oci.tar', '--json');
    expect(saved.code).toBe(0);
    await sandbox.sedge('artifacts', 'export', listed[0]!.id, 'own', '--files');
    expect(JSON.parse(await readFile(sandbox.path('own', 'report.json'), 'utf8'))).toEqual({ value: 6 });
    expect((await sandbox.sedge('artifacts', 'export', listed[0]!.id, 'all.oci.tar')).code).toBe(2);
    expect((await sandbox.sedge('artifacts', 'export', listed[0]!.id, 'all.oci.tar', '--force')).code).toBe(0);
    const device = await sandbox.sedge('artifacts', 'export', listed[0]!.id, '/dev/null', '--force');
    expect(device).toMatchObject({ code: 2, stderr: expect.stringContaining('a device or a pipe') });
    expect((await sandbox.sedge('artifacts', 'export', listed[0]!.id, 'own', '--files')).stderr).toContain('not empty');
    const other = await Sandbox.create();
    try {
      // In a process of the command's own, which ends as soon as all is in.
      const brought = await other.sedge('artifacts', 'import', sandbox.path('all.oci.tar'), '--json');
      expect(new Set(brought.json[0]!['artifacts'] as string[])).toEqual(new Set(listed.map(({ id }) => id)));
      expect(brought.stderr).toBe('');
      const bytes = await readFile(sandbox.path('all.oci.tar'));
      bytes[bytes.indexOf('{"value":6}') + 9]! ^= 1;
      await writeFile(other.path('flipped.tar'), bytes);
      const refused = await other.sedge('artifacts', 'import', 'flipped.tar');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('OCI image layout');
    } finally {
      await other.remove();
    }
    expect((await sandbox.sedge('artifacts', 'import', 'absent.tar')).code).toBe(4);
  });

  it('pins and unpins; what is pinned or needed is not removed', async () => {
    const { id } = listed[0]!;
    expect((await sandbox.sedge('artifacts', 'pin', id, '--note', 'for good')).code).toBe(0);
    const refused = await sandbox.sedge('artifacts', 'rm', id);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('for good');
    expect((await sandbox.sedge('artifacts', 'pin', id, '--remove', '--json')).json).toEqual([{ id, isPinned: false }]);
    expect((await sandbox.sedge('artifacts', 'rm', id)).stderr).toContain('one of the last 10');
  });

  it('collects garbage: a dry run says what a real one removes', async () => {
    const dry = await sandbox.sedge('gc', '--dry-run', '--json');
    const real = await sandbox.sedge('gc', '--json');
    expect(dry.json[0]).toMatchObject({ dryRun: true, artifacts: [] });
    expect({ ...real.json[0], dryRun: true }).toEqual(dry.json[0]);
  });

  it('lists, shows and tests tools, and makes ready what they need', async () => {
    const names = (await sandbox.sedge('tools', 'list', '--json')).json.map((tool) => tool['name']);
    expect(names).toEqual(expect.arrayContaining(['sample-step', 'train-pytorch', 'extract-mfcc', 'deploy-lne']));
    const shown = await sandbox.sedge('tools', 'show', 'sample-step');
    expect(shown.stdout).toMatch(/failUnless +"" +string; a file that must be there/);
    expect((await sandbox.sedge('tools', 'test', 'sample-step', '--json')).json[0]).toMatchObject({ isUsable: true });
    const typo = await sandbox.sedge('tools', 'show', 'sample-stop');
    expect(typo.code).toBe(4);
    expect(typo.stderr).toContain("did you mean 'sample-step'?");
    const prepared = await sandbox.sedge('prepare', 'workflow.yml', '--json');
    expect(prepared.code).toBe(0);
    expect(prepared.json.at(-1)).toMatchObject({ tool: 'sample-step', type: 'outcome', status: 'succeeded' });
  });
});
