import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BENCHMARK_ERRORS } from '../src/errors.js';

const TOOLS = fileURLToPath(new URL('../src/tools', import.meta.url));

describe('the table of errors', () => {
  it('has no row that nothing refuses with', () => {
    const code = readdirSync(TOOLS, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(`${TOOLS}/${path}`, 'utf8'))
      .join('\n');
    const unused = Object.keys(BENCHMARK_ERRORS).filter((name) => !code.includes(`'${name}'`));
    expect(unused).toEqual([]);
  });
});
