import type { CommandContext, SedgeCommand } from '../command.js';
import type { ConformOptions } from '../conform/conform-request.js';
import { CommandError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { collect } from '../runs/workflow-request.js';

export const command: SedgeCommand = {
  usage: 'conform <tool>',
  summary: 'try whether a tool keeps its contract, and say what it got wrong',
  help: `TOOL is a tool by its name, or the folder of a tool.yaml. It is played at in a data directory of the kit's own: nothing of yours is touched.

  sedge conform ./my-tools/training/my-tool --in features=3f2a91c0d4e5 --set iterations=20
  sedge conform extract-mfcc --in dataset=./small/dataset
  sedge conform extract-mfcc --cases cases.yml  several cases, with what must come out
  sedge conform my-tool --check kill            only this check (and golden, which it builds on); may be repeated

Exit codes: 0 it conforms (what could not be judged is said), 1 it does not, 2 an option, a case or tool.yaml is wrong, 4 there is no such tool or
file, 5 the tool can't run here.`,
  configure(command) {
    command
      .option('--in <name=place>', 'an input: a folder, or the id of an artifact; may be repeated', collect, [])
      .option('--set <name=value>', 'a parameter; may be repeated', collect, [])
      .option('--cases <file>', 'cases in a YAML file, in place of --in and --set')
      .option('--kind <name=file>', "the JSON Schema of a kind of one's own; may be repeated", collect, [])
      .option('--start <command>', 'starts the worker of an external tool, or the server of an http tool')
      .option('--check <name>', 'play this check only; may be repeated', collect, [])
      .option('--limit <seconds>', 'how long one attempt may take', '600')
      .option('--lease <seconds>', 'lease of the jobs of a worker', '5');
  },
  async run(context, args, options) {
    const limitMs = 1000 * secondsOf('--limit', String(options['limit']), 1);
    const leaseS = Math.ceil(secondsOf('--lease', String(options['lease']), 2));
    return conform(context, args[0]!, { ...(options as unknown as ConformOptions), limitMs, leaseS });
  },
};

async function conform(context: CommandContext, named: string, options: ConformOptions): Promise<ExitCode> {
  // Loaded only when needed: all services are behind these imports.
  const { conformRequest } = await import('../conform/conform-request.js');
  const { conformNamed } = await import('../conform/conform-tool.js');
  const { summaryText, verdictText } = await import('../conform/conform-text.js');
  const request = await conformRequest(named, options, (verdict) => {
    context.emit(verdict);
    const text = verdictText(verdict);
    if (text !== null) context.say(text);
  });
  const { tool, digest, verdicts } = await conformNamed(context, request);
  const conforms = verdicts.every(({ state }) => state !== 'failed');
  context.emit({ event: 'outcome', tool, digest, conforms });
  context.say(summaryText(tool, verdicts));
  return conforms ? EXIT.ok : EXIT.failed;
}

function secondsOf(flag: string, text: string, least: number): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= least) return seconds;
  const message = `${flag} '${text}' is no number of seconds from ${least} on`;
  throw new CommandError('CLI_BAD_SECONDS', message, EXIT.usage, `e.g. ${flag} 60`);
}
