import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolLine } from '@sedge/tool-contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ToolOutcome } from '../tool-runner.port.js';

export interface ContainerRunnerHarness {
  /**
   * Runs the tool of the tests, which takes a note and gives it back.
   * @param what it does else: `fail`, or `wait` without an ear for signals
   */
  run(what: string, signal: AbortSignal, onLine?: (line: ToolLine) => void): Promise<ContainerResult>;
  /** how many containers of tools run now */
  running(): number;
  /** as at the start of a service after a sudden end */
  recover(ownFolder: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface ContainerResult {
  outcome: ToolOutcome;
  lines: ToolLine[];
  /** path of the folder of the output `note` */
  output: string;
}

const PATIENCE_MS = 20_000;

/** What every runner of tools in containers promises. */
export function describeContainerRunner(name: string, open: () => Promise<ContainerRunnerHarness>): void {
  describe(name, () => {
    let harness: ContainerRunnerHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness.close());
    const unstopped = new AbortController().signal;
    const nothingRuns = (): Promise<void> => vi.waitFor(() => expect(harness.running()).toBe(0), PATIENCE_MS);

    it('shows a tool the contract of every runtime, and gives it no rights beyond it', async () => {
      const { outcome, lines, output } = await harness.run('', unstopped);
      expect(outcome).toEqual({ status: 'succeeded' });
      expect(lines).toContainEqual({ type: 'progress', done: 1, total: 1, unit: 'note' });
      const [words] = lines.flatMap((line) =>
        line.type === 'log' && line.message.startsWith('uid') ? [line.message] : [],
      );
      expect(words).toMatch(/^uid (?!0,)\d+, root read-only, input read-only, network none$/);
      expect(readFileSync(join(output, 'note.txt'), 'utf8')).toBe('hello');
      await nothingRuns();
    });

    it('says of a tool that fails its last words', async () => {
      const { outcome } = await harness.run('fail', unstopped);
      expect(outcome).toEqual({
        status: 'failed',
        class: 'permanent',
        code: 'TOOL_FAILED',
        message: 'the tool ended with exit code 1: the reason',
      });
    });

    it('kills a tool that does not listen to the signal, after its grace time', async () => {
      const controller = new AbortController();
      const { outcome } = await harness.run('wait', controller.signal, (line) => {
        if (line.type === 'log' && line.message === 'ready') controller.abort();
      });
      expect(outcome).toEqual({ status: 'cancelled' });
      await nothingRuns();
    });

    it('kills what a dead service left running, on the same data directory only', async () => {
      let hasBegun = false;
      const running = harness.run('wait', unstopped, (line) => {
        hasBegun ||= line.type === 'log' && line.message === 'ready';
      });
      await vi.waitFor(() => expect(hasBegun).toBe(true), PATIENCE_MS);
      await harness.recover(false);
      expect(harness.running()).toBe(1);
      await harness.recover(true);
      expect((await running).outcome.status).toBe('failed');
      await nothingRuns();
    });
  });
}
