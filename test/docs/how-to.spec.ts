import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { validateFiles, validateMetadata, type ArtifactKind } from '@sedge/artifact-contracts';
import { parseToolFile } from '@sedge/service-kit';
import { parseToolLine } from '@sedge/tool-contracts';
import { validateSync } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Fenced blocks of a document that name the file that they are, by that path. */
function filesOf(document: string): Map<string, string> {
  const blocks = readFileSync(document, 'utf8').matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, path, text]) => [path!, text!]));
}

describe('the examples of the how-to guides', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sedge-how-to-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('add-a-tool: the definition is right, and the program does what its definition says', () => {
    const files = filesOf('docs/how-to/add-a-tool.md');
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const place = [...files.keys()].find((path) => path.endsWith('tool.yaml'))!;
    const reading = parseToolFile(files.get(place)!, place);
    if (!reading.ok) throw new Error(JSON.stringify(reading.mistakes));
    const { runtime, outputs } = reading.definition;
    if (runtime.kind !== 'process') throw new Error('the example is a process tool');

    const output = join(folder, 'output');
    mkdirSync(output);
    const job = {
      inputs: { dataset: { path: folder, kind: 'dataset.audio', metadata: { classes: ['yes', 'no'] } } },
      outputs: { list: { path: output, kind: outputs['list']!.kind } },
      parameters: { separator: '; ' },
      scratch: folder,
      threads: 1,
    };
    writeFileSync(join(folder, 'job.json'), JSON.stringify(job));
    const [command, ...args] = runtime.command as [string, ...string[]];
    const ran = spawnSync(command, args, {
      cwd: join(folder, dirname(place)),
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SEDGE_JOB: join(folder, 'job.json') },
      encoding: 'utf8',
    });

    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
    expect(parseToolLine(ran.stdout.trim())).toMatchObject({ type: 'progress', done: 2, total: 2 });
    expect(readFileSync(join(output, 'source'), 'utf8')).toBe('yes; no');
    const metadata: unknown = JSON.parse(readFileSync(join(output, 'metadata.json'), 'utf8'));
    expect(validateMetadata('source', metadata)).toEqual([]);
    expect(validateFiles('source', ['source'])).toEqual([]);
  });

  it('add-an-artifact-kind: the class takes good metadata and refuses bad ones', async () => {
    const [[path, text]] = [...filesOf('docs/how-to/add-an-artifact-kind.md')] as [[string, string]];
    const contracts = resolve('libs/artifact-contracts/src');
    // Beside the workspace's own files, so that it finds the packages that it imports.
    const copy = resolve('test/docs', `planted-${process.pid}.kind.ts`);
    expect(dirname(path)).toBe('libs/artifact-contracts/src/kinds');
    writeFileSync(copy, text.replaceAll(`'../`, `'${contracts}/`));
    try {
      const { kind } = (await import(pathToFileURL(copy).href)) as { kind: ArtifactKind };
      const problems = (metadata: object): number => validateSync(Object.assign(new kind.metadata(), metadata)).length;
      expect(`${kind.name}.kind.ts`).toBe(path.split('/').at(-1));
      expect(problems({ language: 'en-GB', clips: 3 })).toBe(0);
      expect(problems({ language: '', clips: -1 })).toBe(2);
    } finally {
      rmSync(copy, { force: true });
    }
  });
});
