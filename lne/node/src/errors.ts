/** How to mend what goes wrong, by the start of the code. The longest that fits counts. */
const MENDS: Readonly<Record<string, string>> = {
  LNE_NOT_BUILT: 'build it: npm run build:native',
  LNE_ARGUMENT: 'see the types of @sedge/lne',
  LNE_NOT_FINITE: 'leave out or repair values that are NaN or infinite',
  LNE_MEMORY: 'give fewer or shorter samples at once',
  LNE_BUSY: 'wait for the call that is under way, or import the network once more',
  LNE_INPUT: "compare the shapes of the network's inputs",
  LNE_INTERNAL: 'please report it with the input',
  LNE_ONNX_OPERATOR: 'see docs/reference/lne-operators.md, or export the model without it',
  LNE_ONNX: 'check the model with onnx.checker and export it again',
  LNE_CAFFE_LAYER: 'see docs/reference/lne-operators.md, or replace the layer',
  LNE_CAFFE: 'correct the prototxt at the place that the message names, and give the caffemodel that belongs to it',
  LNE_YAML: 'correct the file at the place that the message names',
  LNE_APPLICATION:
    'correct the application file at the place that the message names; docs/reference/applications.md lists the modules',
  LNE_PLAN: "correct the plan, or leave it away for the engine's own choice",
  LNE_PLUGIN: 'name plugins that the message names, or do what it says',
  LNE_METADATA: "correct the model's metadata under the key `sedge`",
  LNE_CANCELLED: 'start it again: what was measured is kept',
  LNE_COMPILER: 'install a C++17 compiler and CMake: apt-get install g++ cmake',
  LNE_BUILD: "see the compiler's words in the message",
  LNE_RUN: 'see what the program says; $SEDGE_HOME/lne may be deleted',
  LNE_FILE: 'see that $SEDGE_HOME/lne can be written',
  LNE_SETTING: 'correct the environment variable that the message names',
  LNE_TARGET: 'choose one of the targets that the message names',
  LNE_GENERATE: 'give inputs of the size of the network',
  WAV_FORMAT: 'save the recording as PCM (8, 16, 24, 32 bits) or float (32, 64 bits)',
  WAV: 'save the recording as a plain WAV file again',
  MFCC_CLIPS: 'fill the last clip with zeros',
  MFCC: 'correct the parameters',
  LOCK_HELD: 'end the other process, or work elsewhere',
  LOCK: 'choose a folder on a local disk that can be written',
};

/** One of several things that are wrong with an input. */
export interface Problem {
  code: string;
  message: string;
}

/** What the engine refuses, under a stable code. The message names thing and place. */
export class LneError extends Error {
  override readonly name = 'LneError';
  /** What to do about it. */
  readonly mend: string;

  /** @param problems everything that is wrong with the input; the message is that of the first */
  constructor(
    readonly code: string,
    message: string,
    readonly problems: readonly Problem[] = [{ code, message }],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.mend = mendOf(code);
  }
}

function mendOf(code: string): string {
  const fitting = Object.keys(MENDS).filter((start) => code === start || code.startsWith(`${start}_`));
  const longest = fitting.sort((a, b) => b.length - a.length)[0];
  return MENDS[longest ?? 'LNE_INTERNAL']!;
}

/** The error of the addon in this package's form; anything else stays as it is. */
export function toLneError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof LneError) return error;
  const { code, problems } = error as Error & { code?: unknown; problems?: unknown };
  if (typeof code !== 'string' || !/^(LNE|WAV|MFCC|LOCK)_/.test(code)) return error;
  const list = typeof problems === 'string' ? (JSON.parse(problems) as Problem[]) : undefined;
  return new LneError(code, error.message, list, { cause: error });
}
