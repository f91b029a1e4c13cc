import type { ToolOutcome, ToolRun, ToolRunner } from '@sedge/ports';
import { ToolError, type InputBorder, type ToolDefinition } from '@sedge/tool-contracts';
import { outcomeOfError } from '../jobs/failure.js';
import type { LoadedBuiltin } from './builtin-tools.js';

/** Runs tools whose code is part of the service, in this process. What computes long does so in a worker thread of its own. */
export class BuiltinRunner implements ToolRunner {
  readonly runtime = 'builtin';
  private readonly tools: ReadonlyMap<string, LoadedBuiltin>;

  constructor(
    tools: LoadedBuiltin[],
    private readonly border: InputBorder,
  ) {
    this.tools = new Map(tools.map((loaded) => [loaded.tool.definition.name, loaded]));
  }

  async identify(definition: ToolDefinition): Promise<Record<string, unknown>> {
    return { code: this.tools.get(definition.name)!.codeDigest };
  }

  async run({ tool, job, signal, onLine }: ToolRun): Promise<ToolOutcome> {
    const loaded = this.tools.get(tool.definition.name)!;
    try {
      await loaded.tool.run({
        job,
        border: this.border,
        signal,
        progress: (done, total, unit, metrics) =>
          onLine({ type: 'progress', done, total, unit, ...(metrics && { metrics }) }),
        log: (level, message) => onLine({ type: 'log', level, message }),
      });
      return { status: 'succeeded' };
    } catch (error) {
      if (signal.aborted) return { status: 'cancelled' };
      const outcome = outcomeOfError(error);
      // What nobody foresaw is a fault of the program; where in it is for those who mend it. All else is said by its message.
      if (isFault(error, outcome)) onLine({ type: 'log', level: 'error', message: traceOf(error) });
      return outcome;
    }
  }
}

const isFault = (error: unknown, outcome: ToolOutcome): boolean =>
  !(error instanceof ToolError) && outcome.status === 'failed' && outcome.code === 'TOOL_FAILED';

const traceOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
