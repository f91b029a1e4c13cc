/** What a job's log says of a process that its program left running. @param command as it was started */
export const leftBehindMessage = (pid: number, command: string): string =>
  `the program left process ${pid} behind, which was ended: ${command}`;

/** @returns the command that a line of the log tells of, null where it tells of something else */
export const commandLeftBehind = (message: string): string | null =>
  /^the program left process \d+ behind, which was ended: (.*)$/s.exec(message)?.[1] ?? null;
