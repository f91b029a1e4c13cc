import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.js';

const PATIENT = { timeout: 300_000 };
const MANUAL = new URL('../../../docs/workflow-grammar.md', import.meta.url);

interface Block {
  language: string;
  text: string;
}

interface Mistake {
  message: string;
  mend: string;
  place: { line: number; column: number };
}

/** A block of steps is put behind the first block of the manual, as the manual says. */
function asWorkflow(prelude: string, text: string): string {
  return text.startsWith('name:') ? text : `${prelude}${text.replace(/^(?=.)/gm, '  ')}`;
}

describe('docs/workflow-grammar.md', PATIENT, () => {
  let sandbox: Sandbox;
  let manual: string;
  let blocks: Block[];

  const mistakesOf = async (workflow: string): Promise<Mistake[]> => {
    const answer = await fetch(`${sandbox.url}/v1/workflows/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ workflow, baseDirectory: sandbox.folder }),
    });
    return ((await answer.json()) as { mistakes: Mistake[] }).mistakes;
  };

  beforeAll(async () => {
    manual = await readFile(MANUAL, 'utf8');
    blocks = [...manual.matchAll(/^```([a-z ]+)\n([^]*?)^```$/gm)].map(([, language, text]) => ({
      language: language!,
      text: text!,
    }));
    sandbox = await Sandbox.create();
    await sandbox.up();
  }, PATIENT.timeout);
  afterAll(() => sandbox.remove());

  it('has examples that are right for the tools there are', async () => {
    const examples = blocks.filter(({ language }) => language === 'yaml');
    expect(examples.length).toBeGreaterThan(8);
    for (const { text } of examples) {
      const mistakes = await mistakesOf(asWorkflow(examples[0]!.text, text));
      expect({ text, mistakes }).toEqual({ text, mistakes: [] });
    }
  });

  it('shows a mistake as it is told', async () => {
    const wrong = blocks.find(({ language }) => language === 'yaml wrong')!;
    const told = blocks[blocks.indexOf(wrong) + 1]!;
    const mistakes = await mistakesOf(asWorkflow(blocks[0]!.text, wrong.text));
    const lines = mistakes.map(
      ({ message, mend, place }) => `workflow.yml:${place.line}:${place.column} ${message}\n    ${mend}\n`,
    );
    expect(lines.join('')).toBe(told.text);
  });

  it('has every key of the grammar', async () => {
    const keys = ['name', 'description', 'inputs', 'parameters', 'steps', 'from', 'sha256', 'tool', 'in', 'with'];
    keys.push(
      'sweep',
      'each',
      'expect',
      'retry',
      'timeout',
      'choose',
      'by',
      'max',
      'min',
      'await',
      'kind',
      'derivedFrom',
    );
    for (const key of [...keys, 'all', 'transient', 'preempted']) expect(manual).toMatch(new RegExp(`\\b${key}\\b`));
    // The grammar itself says which keys it knows: one that the manual lacks would be suggested here.
    const mistakes = await mistakesOf('name: x\nsteps:\n  a: { tool: extract-mfcc, zzzzzzzz: 1 }\n');
    const [, known] = /known: (.*)$/m.exec(mistakes.map(({ mend }) => mend).join('\n'))!;
    for (const key of known!.split(', ')) expect(manual).toContain(`| \`${key}\``);
  });
});
