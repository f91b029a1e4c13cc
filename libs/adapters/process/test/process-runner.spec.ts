import { existsSync, readFileSync } from 'node:fs';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { killOrphan, notePid } from '../src/orphans.js';
import { leftBehindMessage, type ToolLine } from '@sedge/tool-contracts';
import { Bench, messagesOf } from './bench.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const SHELL = `
leave() {
  "$@" sh -c 'echo "child $$"; touch "$TMPDIR/left"; exec sleep 300' &
  while [ ! -e "$TMPDIR/left" ]; do sleep 0.02; done
}
case "$(python3 -c 'import json,os;print(json.load(open(os.environ["SEDGE_JOB"]))["parameters"].get("do",""))')" in
  write)
    echo '{"type":"progress","done":1,"total":2,"unit":"part"}'
    echo 'plain words'
    echo '{"type":"error","code":"SAMPLE_BAD","message":"it is bad"}'
    echo 'on standard error' >&2
    python3 -c 'import json,os;job=json.load(open(os.environ["SEDGE_JOB"]));open(job["outputs"]["note"]["path"]+"/metadata.json","w").write("{}")' ;;
  fail) echo 'the reason' >&2; exit 1 ;;
  passing) exit 75 ;;
  crash) kill -SEGV $$ ;;
  killed) kill -KILL $$ ;;
  secret) echo "secret=$SEDGE_SECRET home=$HOME" ;;
  stubborn) trap '' TERM; echo ready; while :; do sleep 0.05; done ;;
  polite) trap 'echo bye; exit 130' TERM; echo ready; while :; do sleep 0.05; done ;;
  orphan) sleep 300 & echo "child $!" ;;
  daemon) leave setsid ;;
  hidden) leave env -u SEDGE_JOB setsid ;;
  keeper) leave env -u SEDGE_JOB setsid; trap '' TERM; echo ready; while :; do sleep 0.05; done ;;
esac
`;

const bench = new Bench({ 'main.sh': SHELL });
afterAll(() => bench.remove());
const definition = bench.definition({ kind: 'process', command: ['sh', 'main.sh'] });
const doing = (what: string): { parameters: { do: string } } => ({ parameters: { do: what } });

const childIn = (lines: ToolLine[]): number => Number(/child (\d+)/.exec(messagesOf(lines).join('\n'))![1]);

const isAlive = (pid: number): boolean => {
  try {
    // A killed process whose parent has not asked for its end yet is still in the list, as a zombie.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

describe('a process tool', () => {
  it('gives lines of the protocol, plain words as log lines, and its outputs', async () => {
    const { outcome, lines, output } = await bench.run(definition, doing('write'));
    expect(outcome).toEqual({ status: 'succeeded' });
    expect(lines).toContainEqual({ type: 'progress', done: 1, total: 2, unit: 'part' });
    expect(lines).toContainEqual({ type: 'log', level: 'info', message: 'plain words' });
    expect(lines).toContainEqual({ type: 'log', level: 'warn', message: 'on standard error' });
    expect(lines).toContainEqual({ type: 'error', code: 'SAMPLE_BAD', message: 'it is bad' });
    expect(existsSync(join(output, 'metadata.json'))).toBe(true);
  });

  it.each([
    ['fail', 'permanent', 'TOOL_FAILED', 'exit code 1: the reason'],
    ['passing', 'transient', 'TOOL_FAILED', 'exit code 75'],
    ['crash', 'permanent', 'TOOL_CRASHED', 'SIGSEGV'],
    ['killed', 'transient', 'TOOL_KILLED', 'SIGKILL'],
  ])('that ends by "%s" has failed as %s', async (what, failureClass, code, words) => {
    const { outcome } = await bench.run(definition, doing(what));
    expect(outcome).toMatchObject({ status: 'failed', class: failureClass, code });
    expect(outcome).toHaveProperty('message', expect.stringContaining(words));
  });

  it('whose command is missing says so', async () => {
    const missing = bench.definition({ kind: 'process', command: ['no-such-program'] });
    const { outcome } = await bench.run(missing);
    expect(outcome).toMatchObject({ class: 'permanent', code: 'TOOL_COMMAND_MISSING' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('no-such-program'));
  });

  it('does not see what the service has in its environment', async () => {
    vi.stubEnv('SEDGE_SECRET', 'hidden');
    const { lines } = await bench.run(definition, doing('secret'));
    vi.unstubAllEnvs();
    expect(messagesOf(lines)).toEqual([`secret= home=${process.env['HOME']}`]);
  });

  it.each(['polite', 'stubborn'])('that is %s ends when it is cancelled', async (what) => {
    const controller = new AbortController();
    const { outcome } = await bench.run(definition, {
      ...doing(what),
      signal: controller.signal,
      onLine: (line) => line.type === 'log' && line.message === 'ready' && controller.abort(),
    });
    expect(outcome).toEqual({ status: 'cancelled' });
  });

  it('leaves no process behind', async () => {
    const { outcome, lines } = await bench.run(definition, doing('orphan'));
    expect(outcome.status).toBe('succeeded');
    await vi.waitFor(() => expect(isAlive(childIn(lines))).toBe(false));
  });

  it('leaves no process of another session behind, and says so', async () => {
    const { outcome, lines } = await bench.run(definition, doing('daemon'));
    expect(outcome.status).toBe('succeeded');
    await vi.waitFor(() => expect(isAlive(childIn(lines))).toBe(false));
    expect(messagesOf(lines)).toContain(leftBehindMessage(childIn(lines), 'sleep 300'));
  });

  it.each([
    ['hidden', 'succeeded'],
    ['keeper', 'cancelled'],
  ])('does not wait for a process that can not be found: %s', async (what, status) => {
    const controller = new AbortController();
    const { outcome, lines } = await bench.run(definition, {
      ...doing(what),
      signal: controller.signal,
      onLine: (line) => line.type === 'log' && line.message === 'ready' && controller.abort(),
    });
    expect(outcome.status).toBe(status);
    expect(isAlive(childIn(lines))).toBe(true);
    process.kill(childIn(lines), 'SIGKILL');
    expect(messagesOf(lines).join('\n')).toContain('left a process behind that holds its output open');
  });

  it('that a dead service left working is killed by the next one, and a number that comes again is not', async () => {
    const folder = join(bench.folder, 'left');
    mkdirSync(folder);
    const left = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    const gone = once(left, 'exit');
    const env = { ...process.env, SEDGE_JOB: join(folder, 'attempt-1', 'job.json') };
    const elsewhere = spawn('sleep', ['300'], { detached: true, stdio: 'ignore', env });
    const goneElsewhere = once(elsewhere, 'exit');
    await notePid(folder, left.pid!);
    const note = readFileSync(join(folder, 'process.json'), 'utf8');
    writeFileSync(join(folder, 'process.json'), note.replace(/"startedAt":"\d+"/, '"startedAt":"1"'));
    await killOrphan(folder);
    expect(isAlive(left.pid!)).toBe(true);
    await notePid(folder, left.pid!);
    await killOrphan(folder);
    await Promise.all([gone, goneElsewhere]);
    expect(isAlive(left.pid!)).toBe(false);
    expect(existsSync(join(folder, 'process.json'))).toBe(false);
  });
});

describe('the program of a process tool', () => {
  const startable = (...command: string[]): Promise<void> =>
    bench.runner.assertStartable(bench.definition({ kind: 'process', command }), bench.toolFolder);

  it('is found in PATH, or by its path from the folder', async () => {
    bench.write('run.sh', '#!/bin/sh\n');
    chmodSync(join(bench.toolFolder, 'run.sh'), 0o755);
    for (const file of ['sh', '/bin/sh', './run.sh']) await startable(file, 'main.sh');
  });

  it('is missed where it is not, is no program, or would be looked for elsewhere', async () => {
    for (const file of ['python9', './absent.sh', './main.sh', '/bin', 'main.sh']) {
      await expect(startable(file), file).rejects.toMatchObject({ code: 'TOOL_COMMAND_MISSING' });
    }
  });
});

describe('the identity of a process tool', () => {
  it('changes with any file of its folder, and not with what an interpreter leaves there', async () => {
    const before = await bench.runner.identify(definition, bench.toolFolder);
    bench.write('__pycache__/main.pyc', 'left by an interpreter');
    expect(await bench.runner.identify(definition, bench.toolFolder)).toEqual(before);
    bench.write('more/data.txt', 'read by the tool');
    expect(await bench.runner.identify(definition, bench.toolFolder)).not.toEqual(before);
  });
});
