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
