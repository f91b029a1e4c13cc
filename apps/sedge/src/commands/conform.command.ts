import type { SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { collect } from '../runs/workflow-request.js';

export const command: SedgeCommand = {
  usage: 'conform <tool>',
  summary: 'try whether a tool keeps its contract, and say what it got wrong',
  help: `  sedge conform my-tool

Exit codes: 0 it conforms.`,
  configure(command) {
    command
      .option('--in <name=place>', 'an input: a folder, or an artifact id; may be repeated', collect, [])
      .option('--set <name=value>', 'a parameter; may be repeated', collect, [])
      .option('--cases <file>', 'cases with inputs, parameters and expected outputs, in place of --in and --set')
      .option('--kind <name=file>', "the JSON Schema of a kind of one's own; may be repeated", collect, [])
      .option('--limit <seconds>', 'how long one attempt may take', '600');
  },
  async run(context, args, options) {
    // Loaded only when needed: all services are behind these imports.
    const { caseOfOptions, readCaseFile } = await import('../conform/case-file.js');
    const { readToolArgument } = await import('../conform/bench.js');
    const { KindSchemas } = await import('../conform/kind-schemas.js');
    const { conformTool } = await import('../conform/conform-tool.js');
    const { summaryText, verdictText } = await import('../conform/conform-text.js');
    const limitMs = limitOf(String(options['limit'])) * 1000;
    const file = options['cases'] as string | undefined;
    const cases = file === undefined ? [caseOfOptions(options['in'] as string[], options['set'] as string[])] : await readCaseFile(file);
    const kinds = await KindSchemas.read(options['kind'] as string[]);
    const tool = await readToolArgument(args[0]!);
    const result = await conformTool(context, {
      tool,
      cases,
      kinds,
      limitMs,
      tell: (verdict) => {
        context.emit(verdict);
        context.say(verdictText(verdict));
      },
    });
    const failures = result.verdicts.filter(({ state }) => state === 'failed').length;
    context.emit({ event: 'outcome', tool: result.tool, digest: result.digest, conforms: failures === 0 });
    context.say(summaryText(result.tool, result.verdicts));
    return failures === 0 ? EXIT.ok : EXIT.failed;
  },
};

function limitOf(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new CommandError('CLI_BAD_LIMIT', `--limit '${text}' is no number of seconds`, EXIT.usage, 'e.g. --limit 60');
}
