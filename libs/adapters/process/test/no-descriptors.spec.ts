import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const MODULE = join(import.meta.dirname, '..', 'dist', 'index.js');

/** Starts a tool where no file can be opened any more, and once more where some can. */
const PROGRAM = `
import { closeSync, openSync } from 'node:fs';
const { runToolCommand } = await import(${JSON.stringify(MODULE)});
const environment = { PATH: process.env.PATH };
const { signal } = new AbortController();
const run = () => runToolCommand({ file: 'true', args: [], workDirectory: '/', environment, graceMs: 100, signal, onLine() {} })
  .then(({ status }) => status, ({ code }) => code);
const ends = [await run()];
const files = [];
try {
  for (;;) files.push(openSync('/dev/null'));
} catch (error) {
  ends.push(error.code);
}
ends.push(await run());
files.forEach((file) => closeSync(file));
ends.push(await run());
process.stdout.write(JSON.stringify(ends));
`;

describe('a tool that is started where no file can be opened', () => {
  it('fails for want of that alone, and the process that starts it goes on', () => {
    const limited = 'ulimit -n 64; exec "$0" --input-type=module --eval "$1"';
    const ends = execFileSync('bash', ['-c', limited, process.execPath, PROGRAM]).toString();
    expect(JSON.parse(ends)).toEqual(['succeeded', 'EMFILE', 'EMFILE', 'succeeded']);
  });
});
