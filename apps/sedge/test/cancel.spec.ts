import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../src/command.js';
import { command } from '../src/commands/cancel.command.js';

describe('sedge cancel', () => {
  const saidOf = async (state: string): Promise<string> => {
    const said: string[] = [];
    const context = {
      patientApi: async () => ({ post: async () => ({ id: 'r1', state }) }),
      emit: () => undefined,
      complete: (text: string) => text,
      say: (text: string) => void said.push(text),
    };
    await command.run(context as unknown as CommandContext, ['r1'], {});
    return said.join('\n');
  };

  it('says that the end was asked for while jobs still end, and else how the run stands', async () => {
    expect(await saidOf('running')).toBe(
      'the cancellation of run r1 was asked for; see when it has ended: npx sedge status r1',
    );
    expect(await saidOf('cancelled')).toBe('run r1 is cancelled; go on from there: npx sedge retry r1');
    expect(await saidOf('succeeded')).toBe('run r1 is succeeded');
  });
});
