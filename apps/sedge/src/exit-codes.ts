/** What `sedge` ends with. Stable: scripts depend on it (see docs/cli.md). */
export const EXIT = {
  ok: 0,
  /** the run failed, an expectation was missed, a job failed */
  failed: 1,
  /** the command line or the workflow is wrong; nothing was started */
  usage: 2,
  /** some of several items failed, the others were done */
  partial: 3,
  /** what was named does not exist */
  notFound: 4,
  /** the machine or the server is not as it must be: a missing program, a port in use, a data directory in use */
  environment: 5,
  /** interrupted by Ctrl-C or a signal */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each means, in the words of the manual. */
export const EXIT_MEANINGS: Record<ExitCode, string> = {
  [EXIT.ok]: 'all went well',
  [EXIT.failed]: 'it was done and failed: a step, an expectation, a build, something that is needed elsewhere',
  [EXIT.usage]: 'the command line, the workflow or a file that was given is wrong; nothing was started',
  [EXIT.partial]: 'some of several files could not be read, the others were done',
  [EXIT.notFound]: 'what was named does not exist: a file, a run, a step, a tool, an artifact',
  [EXIT.environment]:
    'the machine or the server must be mended: a program is missing, a port or the data directory is in use',
  [EXIT.interrupted]: 'ended by Ctrl-C or a signal; the message says how to go on',
};
