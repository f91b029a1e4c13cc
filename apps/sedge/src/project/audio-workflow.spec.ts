import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { audioWorkflow } from './audio-workflow.js';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/keyword-spotting/workflow.yml');

interface Workflow {
  parameters: Record<string, unknown>;
  steps: { model: { in: object; with: Record<string, unknown> } };
}

describe('the workflow of a new project', () => {
  it('trains as the shipped example does, on recordings as well as on features', () => {
    const example = parse(readFileSync(EXAMPLE, 'utf8')) as Workflow;
    const own = parse(audioWorkflow('mine', './recordings', ['yes', 'no'])) as Workflow;
    expect(own.steps.model.with).toEqual(example.steps.model.with);
    for (const name of ['architecture', 'iterations']) expect(own.parameters[name]).toBe(example.parameters[name]);
    expect(Object.keys(own.steps.model.in)).toEqual(['features', 'dataset']);
  });

  it('takes no name for a reference: what begins with a dollar sign is doubled', () => {
    const own = parse(audioWorkflow('$each', '$HOME', ['$each', 'a$b', '$$'])) as Workflow & { name: string };
    expect([own.name, own.parameters['classes']]).toEqual(['$$each', ['$$each', 'a$b', '$$$']]);
  });
});
