import type { CommandContext, SedgeCommand } from '../command.js';
import type { ConformOptions } from '../conform/conform-request.js';
import { CommandError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { collect } from '../runs/workflow-request.js';

export const command: SedgeCommand = {
  usage: 'conform <tool>',
  summary: 'try whether a tool keeps its contract, and say what it got wrong',
  help: `TOOL is a tool by its name, or a folder with its tool.yaml. It is run where nothing of yours can be harmed: in a data directory of its own.

  npx sedge conform ./my-tools/training/my-tool --in features=./small/features --set iterations=20
  npx sedge conform extract-mfcc --in dataset=3f2a91c0d4e5    an artifact that is there (npx sedge artifacts list)
  npx sedge conform my-tool --cases cases.yml       several cases, and what must come out of them
  npx sedge conform my-tool --check kill            this check alone (and golden, which it builds on)

A worker of an external tool is started by the kit, beside a NATS server and a stage; the addresses stand in braces. So is the server of an http
tool, at the address of its tool.yaml; one that runs by itself is tried too, but not killed.

  npx sedge conform ./my-tools/training/judge-value --in of=./one \\
      --start 'python3 worker.py --nats {nats} --stage {stage} --api {api} --tool {tool}'
  npx sedge conform ./my-tools/training/sum-values-http --start 'python3 server.py 8765'

An input is a folder with the files of an artifact and its metadata.json, or the id of an artifact; where an input is left out that must be
there, a small one is made up if its kind allows it. The first case is the one that is disturbed: one of a second or two says most.
A file of cases has them by name, and places in it start at its folder:

  small:
    in: { features: ./features, more: [./a, ./b] }
    with: { iterations: 20 }
    out: { model: ./model }

Each check says what it found, and where that is wrong what was played, what was expected and how to mend it. With --json a check is a line
{"check", "state", "played", "expected", "found", "mend", "durationMs"}, state one of passed, failed and skipped (it could not be judged); the
last line is {"event": "outcome", "tool", "digest", "conforms"}. The checks: docs/how-to/check-a-tool.md.

Exit codes: 0 it conforms (what could not be judged is said), 1 it does not, 2 an option, a case or tool.yaml is wrong, or the tool refuses
inputs that were made up, 4 there is no such tool or file, 5 the tool can't run here.`,
  configure(command) {
    command
      .option('--in <name=place>', 'an input: a folder, or the id of an artifact; may be repeated', collect, [])
      .option('--set <name=value>', 'a parameter; may be repeated', collect, [])
      .option('--cases <file>', 'cases in a YAML file, in place of --in and --set')
      .option('--kind <name=file>', "the JSON Schema of a kind of one's own; may be repeated", collect, [])
      .option('--start <command>', 'starts the worker of an external tool, or the server of an http tool')
      .option('--check <name>', 'play this check only; may be repeated', collect, [])
      .option('--limit <seconds>', 'how long one attempt, or one job of a worker, may take', '600')
      .option('--lease <seconds>', 'how long a worker may be silent before its job is given to another', '5');
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
