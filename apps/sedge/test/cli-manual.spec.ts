import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_MEANINGS } from '../src/exit-codes.js';
import { loadCommands } from '../src/program.js';
import { cliManual } from './cli-manual.js';

const PATH = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));

describe('docs/cli.md', () => {
  // After a change of a command: npx vitest run --project sedge apps/sedge/test/cli-manual.spec.ts -u
  it('is what the commands say of themselves', async () => {
    const text = await format(await cliManual(), { ...(await resolveConfig(PATH)), parser: 'markdown' });
    await expect(text).toMatchFileSnapshot(PATH);
  });

  it('every command teaches by an example of itself, and says its exit codes', async () => {
    for (const file of await loadCommands()) {
      const commands =
        'run' in file ? [file] : file.commands.map((one) => ({ ...one, usage: `${file.usage} ${one.usage}` }));
      for (const { usage, help } of commands) {
        const name = usage.replace(/ [<[].*$/, '');
        if (name !== 'doctor') expect(help).toContain(`sedge ${name}`);
        expect(help, name).toMatch(/Exit codes: 0/);
      }
    }
  });

  it('every exit code has its meaning', () => {
    expect(Object.keys(EXIT_MEANINGS).map(Number).sort()).toEqual(Object.values(EXIT).map(Number).sort());
  });
});
