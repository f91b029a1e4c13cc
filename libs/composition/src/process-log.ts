import type { LoggerService } from '@nestjs/common';
import type { LogLevel } from './settings.js';

const RANK: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 };

/** The log of a process: one line of JSON an event of the process, without secrets. */
export class ProcessLog implements LoggerService {
  constructor(
    private readonly level: LogLevel,
    private readonly write: (line: string) => void,
    private readonly redact: (text: string) => string,
  ) {}

  error(message: unknown, ...rest: unknown[]): void {
    this.put('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.put('warn', message, rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.put('info', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.put('debug', message, rest);
  }

  private put(level: LogLevel, message: unknown, rest: unknown[]): void {
    if (RANK[level] > RANK[this.level]) return;
    const context = rest.at(-1);
    const fields = typeof message === 'object' && message !== null ? message : { message: String(message) };
    const line = { time: new Date().toISOString(), level, ...(typeof context === 'string' && { context }), ...fields };
    this.write(`${this.redact(JSON.stringify(line))}\n`);
  }
}
