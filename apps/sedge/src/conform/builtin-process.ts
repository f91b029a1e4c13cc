import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { EXIT_CODES, type BuiltinTool, type JobFile, type ToolLine } from '@sedge/tool-contracts';
import 'reflect-metadata';

/** A built-in tool as a process: the file that exports it is the one argument, and its job is named by SEDGE_JOB. */
const [, , place] = process.argv;
const { tool } = (await import(pathToFileURL(place!).href)) as { tool: BuiltinTool };
const say = (line: ToolLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const job = JSON.parse(readFileSync(process.env['SEDGE_JOB']!, 'utf8')) as JobFile;
say({ type: 'log', level: 'debug', message: 'the tool is loaded' });
try {
  await tool.run({
    job,
    // Whoever tries a tool does so on his own machine.
    border: { folders: null, closed: [], hosts: null },
    signal: new AbortController().signal,
    progress: (done, total, unit, metrics) => say({ type: 'progress', done, total, unit, ...(metrics && { metrics }) }),
    log: (level, message) => say({ type: 'log', level, message }),
  });
  process.exit(EXIT_CODES.success);
} catch (error) {
  say({ type: 'error', code: 'TOOL_FAILED', message: (error as Error).message });
  process.exit(EXIT_CODES.permanent);
}
