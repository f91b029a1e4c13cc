import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../src/exit-codes.js';
import { Sandbox } from './sandbox.js';

const LOST_TOOL = `name: lost-step
version: '1'
stage: training
summary: Has a program that no machine has.
inputs: {}
outputs: { report: { kind: report.training } }
parameters: { type: object, additionalProperties: false, properties: {} }
resources: { cpu: 1, memoryMb: 16 }
reproducibility: { level: bitwise }
runtime: { kind: process, command: [python9, x.py] }
`;

const PATIENT = { timeout: 300_000 };

describe('mistakes are told with what, where and how to mend it', PATIENT, () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.file('workflow.yml', 'name: one\nparameters:\n  value: 3\nsteps:\n  first:\n    tool: sample-stp\n');
    const right =
      'name: one\ninputs:\n  source: { from: ./wrkflow.yml }\nsteps:\n  first: { tool: sample-step, in: { source: $inputs.source } }\n';
    await sandbox.file('right.yml', right);
    await sandbox.file('again.yml', 'name: one\nsteps:\n  first: { tool: sample-step }\n');
    await mkdir(sandbox.path('tools', 'training', 'lost-step'), { recursive: true });
    await sandbox.file('tools/training/lost-step/tool.yaml', LOST_TOOL);
    await sandbox.file('two.yml', 'name: one\nsteps: {}\n---\nname: two\n');
    await sandbox.file('deep.yml', `name: one\nsteps: ${'['.repeat(20_000)}`);
    await sandbox.up();
  }, PATIENT.timeout);
  afterAll(() => sandbox.remove());

  const cases: [string, string[], number, RegExp][] = [
    ['a typo in a command', ['rn', 'workflow.yml'], EXIT.usage, /unknown command 'rn'[^]*Did you mean run\?/],
    ['a typo in a subcommand', ['runs', 'lst'], EXIT.usage, /unknown command 'lst'[^]*Did you mean list\?/],
    ['a typo in an option', ['run', 'workflow.yml', '--jsn'], EXIT.usage, /unknown option '--jsn'[^]*--json/],
    ['a missing argument', ['predict'], EXIT.usage, /missing required argument 'application'/],
    ['a missing file', ['run', 'absent.yml'], EXIT.notFound, /there is no file 'absent.yml'/],
    ['a folder for a file', ['run', '.'], EXIT.usage, /'\.' can't be read: it is a folder/],
    ['--set without a value', ['run', 'workflow.yml', '--set', 'value'], EXIT.usage, /--set NAME=VALUE/],
    ['--set twice', ['run', 'workflow.yml', '--set', 'value=1', '--set', 'value=2'], EXIT.usage, /gives 'value' twice/],
    ['--set of an unknown name', ['run', 'workflow.yml', '--set', 'valu=1'], EXIT.usage, /did you mean 'value'\?/],
    [
      'an unknown tool',
      ['plan', 'workflow.yml'],
      EXIT.usage,
      /workflow.yml:6:11 .*'sample-stp'\n +did you mean 'sample-step'\?/,
    ],
    [
      'two workflows in a file',
      ['run', 'two.yml'],
      EXIT.usage,
      /two.yml:3:1 .*: a second document begins here \(---\)/,
    ],
    [
      'a workflow that nests too deep',
      ['run', 'deep.yml'],
      EXIT.usage,
      /deep.yml:2:\d+ .*nested more than 64 levels deep\n.*\n$/,
    ],
    ['an unknown run', ['runs', 'show', 'absent'], EXIT.notFound, /there is no run absent/],
    ['an unknown step', ['logs', 'absent', 'model'], EXIT.notFound, /there is no run absent/],
    ['no run yet', ['why'], EXIT.notFound, /nothing was run yet/],
    ['a limit that is none', ['runs', 'list', '--limit', 'many'], EXIT.usage, /--limit 'many' is no count/],
    [
      'an application that is none',
      ['predict', './absent', 'a.wav'],
      EXIT.notFound,
      /neither a folder nor an artifact id/,
    ],
    ['a folder without application', ['predict', '.', 'a.wav'], EXIT.usage, /holds no application/],
    ['a model that is not there', ['deploy', 'absent.onnx'], EXIT.notFound, /there is no file 'absent.onnx'/],
    [
      'a folder below a file',
      ['deploy', 'workflow.yml', '--to', 'workflow.yml/x'],
      EXIT.usage,
      /is a file, or lies below one/,
    ],
    [
      'a folder where none can be',
      ['deploy', 'workflow.yml', '--to', '/proc/sedge/x'],
      EXIT.usage,
      /'\/proc\/sedge' can't be made/,
    ],
    [
      'an export below a file',
      ['artifacts', 'export', 'abcdef', 'workflow.yml/x'],
      EXIT.usage,
      /workflow.yml\/x' can't be written: it lies below a file/,
    ],
    [
      'an export where no file can be',
      ['artifacts', 'export', 'abcdef', '/proc/x'],
      EXIT.usage,
      /'\/proc\/x' can't be written/,
    ],
    [
      'an export over a file',
      ['artifacts', 'export', 'abcdef', 'workflow.yml'],
      EXIT.usage,
      /is there already[^]*--force/,
    ],
    ['an export as a folder', ['artifacts', 'export', 'abcdef', '.'], EXIT.usage, /it is a folder/],
    [
      'files below a file',
      ['artifacts', 'export', 'abcdef', 'workflow.yml/x', '--files'],
      EXIT.usage,
      /lies below one/,
    ],
    [
      'files where none can be',
      ['artifacts', 'export', 'abcdef', '/proc/x', '--files'],
      EXIT.usage,
      /'\/proc\/x' can't be made/,
    ],
    [
      'files into a full folder',
      ['artifacts', 'export', 'abcdef', '.', '--files'],
      EXIT.usage,
      /is not empty[^]*--force/,
    ],
    [
      'a step to run again that is not there',
      ['run', 'again.yml', '--again', 'frist', '--again', '*'],
      EXIT.usage,
      /1 mistake, so nothing was started\n  --again frist: there is no step 'frist'\n +did you mean 'first'\?/,
    ],
    [
      'an input that is not there',
      ['run', 'right.yml'],
      EXIT.usage,
      /right.yml:3:3 there is no file or folder '.*\/wrkflow.yml'\n +did you mean 'workflow.yml'\?/,
    ],
    [
      'an input of a plan that is not there',
      ['plan', 'right.yml', '--set', 'source=nope'],
      EXIT.usage,
      /--set source: there is no file or folder '.*\/nope'\n +correct the path/,
    ],
    [
      'a kind that is none',
      ['artifacts', 'list', '--kind', 'modl'],
      EXIT.notFound,
      /no kind 'modl' is known\n +did you mean 'model'/,
    ],
    ['an unknown tool to test', ['tools', 'test', 'sample-stp'], EXIT.notFound, /did you mean 'sample-step'\?/],
    ['doubled classes', ['deploy', 'workflow.yml', '--classes', 'a,a'], EXIT.usage, /empty or doubled name/],
    ['recordings that are not there', ['init', 'mine', '--from', 'absent'], EXIT.notFound, /there is no folder/],
    ['recordings that are a file', ['init', 'mine', '--from', 'workflow.yml'], EXIT.usage, /is a file, not a folder/],
    [
      'recordings without classes',
      ['init', 'mine', '--from', '.'],
      EXIT.usage,
      /no folder with recordings[^]*one folder per class/,
    ],
    ['an address that is none', ['runs', 'list', '--server', 'here'], EXIT.usage, /--server 'here' is no address/],
    [
      'a server that is not there',
      ['runs', 'list', '--server', 'http://127.0.0.1:9'],
      EXIT.environment,
      /nothing answers/,
    ],
    [
      'an address with more than a Sedge has',
      ['runs', 'list', '--server', 'http://127.0.0.1:9/foo'],
      EXIT.usage,
      /goes on after host and port[^]*write --server http:\/\/127.0.0.1:9\n/,
    ],
    ['a run of no name', ['runs', 'show', ''], EXIT.usage, /argument 'run' is empty[^]*npx sedge runs show --help/],
    ['a step of no name', ['logs', 'r1', ''], EXIT.usage, /argument 'step' is empty/],
    ['a letter of no name', ['dead-letters', 'discard', 'x', ''], EXIT.usage, /argument 'id' is empty/],
    ['a folder as an export', ['artifacts', 'import', '.'], EXIT.usage, /'\.' is a folder[^]*name the file/],
    ['an address that is not this machine', ['up', '--host', '0.0.0.0'], EXIT.usage, /refusing to listen on 0.0.0.0/],
    ['a port that is none', ['up', '--port', 'http'], EXIT.usage, /'http' is no port/],
  ];
  it.each(cases)('%s', async (_, args, code, message) => {
    const ended = await sandbox.sedge(...args);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toContain('    at ');
  });

  it('a tool whose program is missing', async () => {
    const tested = await sandbox.sedge('tools', 'test', 'lost-step');
    expect(tested.code).toBe(EXIT.environment);
    expect(tested.stdout).toMatch(/✗ lost-step .*its program 'python9' is not in any folder of PATH\n +install it/);
  });

  it('a NUL character in a workflow, with its line', async () => {
    await sandbox.file('nul.yml', 'name: one\nsteps:\n  first: { tool: "a\0b" }\n');
    const ended = await sandbox.sedge('run', 'nul.yml');
    expect(ended).toMatchObject({ code: EXIT.usage, stdout: '' });
    expect(ended.stderr).toMatch(/nul\.yml:3:20 the text holds a NUL character\n +remove it/);
  });

  it('is told as one line of JSON where that is asked for', async () => {
    const ended = await sandbox.sedge('run', 'workflow.yml', '--json');
    expect(ended.code).toBe(EXIT.usage);
    expect(ended.json).toMatchObject([
      { error: { code: 'WORKFLOW_INVALID', details: { mistakes: [{ place: { line: 6, column: 11 } }] } } },
    ]);
    for (const args of [['rn'], ['cancel', '']]) {
      const wrong = await sandbox.sedge(...args, '--json');
      expect(wrong).toMatchObject({ code: EXIT.usage, json: [{ error: { code: 'CLI_USAGE' } }] });
    }
  });

  it('a port in use, and a second process on one data directory', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const port = String((taken.address() as AddressInfo).port);
    const other = await sandbox.sedge('up', '--port', port, '--data-dir', sandbox.path('other'));
    taken.close();
    expect(other.code).toBe(EXIT.environment);
    expect(other.stderr).toMatch(/port \d+ is in use[^]*choose another/);
    const second = await sandbox.sedge('up', '--port', '0');
    expect(second.code).toBe(EXIT.environment);
    expect(second.stderr).toMatch(/another process works on/);
  });
});
