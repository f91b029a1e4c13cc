import { HTTP_CHECKS } from '../../src/conform/http/http-checks.js';
import { TOOL_CHECKS } from '../../src/conform/tool-checks.js';
import { WORKER_CHECKS } from '../../src/conform/worker-checks.js';

interface Row {
  name: string;
  played: string;
  expected: string;
}

/** Text of docs/reference/conform-checks.md, made of what the checks say of themselves. */
export function checkManual(): string {
  return `# What sedge conform plays

Made from the checks themselves (\`apps/sedge/src/conform\`); a test keeps it in step. How to use it: [check a tool](../how-to/check-a-tool.md).

## At a tool that a stage runs: a process, a container, a server, something built in

${tableOf(TOOL_CHECKS)}

## At a server: in addition, or in place of the check of that name

${tableOf(HTTP_CHECKS)}

## At a worker that takes the jobs of an external tool

${tableOf(WORKER_CHECKS)}
`;
}

function tableOf(checks: readonly Row[]): string {
  const rows = checks.map(({ name, played, expected }) => `| \`${name}\` | ${cell(played)} | ${cell(expected)} |`);
  return ['| check | played | expected |', '| --- | --- | --- |', ...rows].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('{', '\\{');
