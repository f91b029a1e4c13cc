import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bench, makeWheel, messagesOf, type BenchResult } from './bench.js';

const MAIN = `
import greeting
print('greeting', greeting.VERSION)
`;
const runtime = {
  kind: 'process' as const,
  command: ['python', 'main.py'],
  environment: { python: '>=3.10', locks: [{ file: 'requirements.lock' }] },
};

vi.setConfig({ testTimeout: 180_000 }); // environments are made for real, whatever else the machine does

let bench: Bench;
beforeEach(() => {
  bench = new Bench({ 'main.py': MAIN, 'requirements.lock': 'greeting==1.0\n' });
  const wheels = join(bench.folder, 'wheels');
  makeWheel(wheels, 'greeting', '1.0');
  makeWheel(wheels, 'greeting', '2.0');
  // The user's own settings of pip: no index, packages from a folder. Without an index there is no uv either, unless it is installed.
  vi.stubEnv('PIP_NO_INDEX', '1');
  vi.stubEnv('PIP_FIND_LINKS', wheels);
});
afterEach(() => {
  vi.unstubAllEnvs();
  bench.remove();
});

const makings = (...results: BenchResult[]): number =>
  results.flatMap(({ lines }) => messagesOf(lines)).filter((message) => message.startsWith('making the environment'))
    .length;
const environmentsOf = (): string[] => readdirSync(bench.environments).filter((name) => /^[0-9a-f]{32}$/.test(name));

describe('an environment of a process tool', () => {
  it('is made from its lock by the settings of the user, once for all who ask at once, and found again later', async () => {
    const definition = bench.definition(runtime);
    const results = await Promise.all([bench.run(definition), bench.run(definition), bench.run(definition)]);
    for (const { outcome, lines } of results) {
      expect(outcome).toEqual({ status: 'succeeded' });
      expect(messagesOf(lines)).toContain('greeting 1.0');
    }
    expect(makings(...results)).toBe(1);
    expect(results.flatMap(({ lines }) => lines).filter((line) => line.type === 'progress')).not.toEqual([]);
    const later = await bench.run(definition, { runner: bench.otherRunner() });
    expect([later.outcome.status, makings(later)]).toEqual(['succeeded', 0]);
    expect(environmentsOf()).toHaveLength(1);
  });

  it('is another one for another lock', async () => {
    const definition = bench.definition(runtime);
    const before = await bench.runner.identify(definition, bench.toolFolder);
    await bench.run(definition);
    bench.write('requirements.lock', 'greeting==2.0\n');
    expect(await bench.runner.identify(definition, bench.toolFolder)).not.toEqual(before);
    expect(messagesOf((await bench.run(definition)).lines)).toContain('greeting 2.0');
    expect(environmentsOf()).toHaveLength(2);
  });

  it('that was left half made is made anew', async () => {
    const definition = bench.definition(runtime);
    await bench.run(definition);
    const path = join(bench.environments, environmentsOf()[0]!);
    rmSync(join(path, 'ready.json'));
    rmSync(join(path, 'lib'), { recursive: true });
    const again = await bench.run(definition, { runner: bench.otherRunner() });
    expect([again.outcome.status, makings(again)]).toEqual(['succeeded', 1]);
  });

  it('that cannot be made leaves nothing, and says why; a refusal is final', async () => {
    bench.write('requirements.lock', 'greeting==3.0\n');
    const { outcome } = await bench.run(bench.definition(runtime));
    expect(outcome).toMatchObject({ status: 'failed', class: 'permanent', code: 'ENVIRONMENT_FAILED' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(/the environment of sample.*greeting/));
    expect(environmentsOf()).toEqual([]);
  });

  it('is not begun when the disk is short', async () => {
    const resources = { cpu: 1, memoryMb: 16, diskMb: 1e9 };
    const { outcome } = await bench.run(bench.definition(runtime, { resources }));
    expect(outcome).toMatchObject({ status: 'failed', class: 'permanent', code: 'ENVIRONMENT_DISK_FULL' });
    expect(outcome).toHaveProperty('message', expect.stringMatching(/needs 1000000000 MB.* has \d+ MB free/));
    expect(environmentsOf()).toEqual([]);
  });

  it('goes on for others when the one that was making it is cancelled', async () => {
    const definition = bench.definition(runtime);
    const controllers = [new AbortController(), new AbortController()];
    const runs = controllers.map(({ signal }, index) =>
      bench.run(definition, {
        signal,
        // Either may come first. The one that waits cancels the one that makes it.
        onLine: (line) => line.type === 'log' && line.message.startsWith('waiting') && controllers[1 - index]!.abort(),
      }),
    );
    const outcomes = (await Promise.all(runs)).map(({ outcome }) => outcome.status);
    expect(outcomes.sort()).toEqual(['cancelled', 'succeeded']);
  });

  it('says how to get what makes environments where Python lacks it', async () => {
    // A Python without ensurepip, as Debian ships it without python3-venv, and no uv.
    const programs = join(bench.folder, 'programs');
    mkdirSync(programs);
    const script = `#!/bin/sh
case "$*" in
  *ensurepip*|*"-m venv"*) echo 'ensurepip is not available' >&2; exit 1 ;;
  *) exec ${realPython()} "$@" ;;
esac
`;
    writeFileSync(join(programs, 'python3'), script);
    chmodSync(join(programs, 'python3'), 0o755);
    writeFileSync(join(programs, 'uv'), '#!/bin/sh\nexit 127\n');
    chmodSync(join(programs, 'uv'), 0o755);
    vi.stubEnv('PATH', `${programs}:${process.env['PATH']}`);
    const { outcome } = await bench.run(bench.definition(runtime), { runner: bench.otherRunner() });
    expect(outcome).toMatchObject({ status: 'failed', class: 'permanent', code: 'ENVIRONMENT_VENV_MISSING' });
    expect(outcome).toHaveProperty('message', expect.stringContaining('apt-get install python3-venv'));
    expect(environmentsOf()).toEqual([]);
  });

  it('names the Pythons that it saw where none fits', async () => {
    const environment = { ...runtime.environment, python: '>=9.0' };
    const definition = bench.definition({ ...runtime, environment });
    await expect(bench.runner.identify(definition, bench.toolFolder)).rejects.toMatchObject({
      code: 'PYTHON_MISSING',
      message: expect.stringMatching(/no Python >=9\.0 was found \(python3 is 3\./),
      mend: expect.stringContaining('apt-get install python3'),
    });
    expect(existsSync(bench.environments)).toBe(false);
  });
});

function realPython(): string {
  const found = (process.env['PATH'] ?? '').split(':').find((folder) => existsSync(join(folder, 'python3')));
  return join(found!, 'python3');
}
