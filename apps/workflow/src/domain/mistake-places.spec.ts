import { describe, expect, it } from 'vitest';
import { mistakesOf, swept } from '../../test/mistakes-of.js';

describe('a mistake is told once, where it can be mended', () => {
  it.each([
    [
      'a parameter',
      'parameters: { count: -5 }',
      'iterations: $parameters.count',
      '8:22',
      "the parameter 'iterations' of the tool 'train-pytorch' must be at least 1, but is -5 (given to the step 'a' by $parameters.count)",
    ],
    [
      'a part of one',
      'parameters: { more: { noise: loud } }',
      'augmentation: $parameters.more',
      '8:30',
      'by $parameters.more)',
    ],
    ['an unknown key in one', 'parameters: { more: { nois: 1 } }', 'augmentation: $parameters.more', '8:23', "'nois'"],
  ])('a wrong value is told where it stands: in %s', (_, parameters, given, place, message) => {
    const text = `${swept(`  a: { tool: train-pytorch, in: { features: $features }, with: { ${given} } }`)}\n${parameters}\n`;
    const { short, all } = mistakesOf(text);
    expect(short.map((one) => one.split(' ')[1])).toEqual([place]);
    expect(all[0]!.message).toContain(message);
  });

  it('a wrong value is told where it stands: in the list that a sweep is over, and in an item of each', () => {
    const list = `${swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, sweep: { bands: $parameters.b } }')}\nparameters: { b: [4, 0] }`;
    expect(mistakesOf(list).short).toEqual(['WORKFLOW_PARAMETER_INVALID 8:22']);
    const each = `${swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, each: [{ n: 3 }, { n: $parameters.b }], with: { bands: $each.n } }')}\nparameters: { b: 0 }`;
    expect(mistakesOf(each).short).toEqual(['WORKFLOW_PARAMETER_INVALID 8:18']);
  });

  it('a parameter that refers to itself leads nowhere', () => {
    const step = 'a: { tool: train-pytorch, in: { features: $features }, with: { iterations: $parameters.a } }';
    const { short } = mistakesOf(`${swept(`  ${step}`)}\nparameters: { a: $parameters.a }`);
    expect(short).toEqual(['WORKFLOW_REFERENCE_INVALID 8:18', 'WORKFLOW_PARAMETER_INVALID 8:18']);
  });

  it('what is there twice is told in words, at the second', () => {
    const text = swept(
      '  a: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: [yes, no, yes] } }',
    );
    const { short, all } = mistakesOf(text);
    expect(short).toEqual(['WORKFLOW_PARAMETER_INVALID 7:93']);
    expect(all[0]!.message).toContain('must not hold "yes" twice (items 1 and 3)');
  });

  it('of a text that is no YAML only the first mistake is told, not what follows from it', () => {
    const tab = mistakesOf('name: w\nsteps:\n\ta:\n\t  tool: x\n');
    expect(tab.short).toEqual(['WORKFLOW_YAML_INVALID 3:1']);
    const indent = mistakesOf('name: w\nsteps:\n  a:\n     tool: x\n    in: { a: $b }\n    with: { c: 1 }\n');
    expect(indent.short).toEqual(['WORKFLOW_YAML_INVALID 5:5']);
  });

  it.each(['${features.features}', '${{ features.features }}', '${$features.features}'])(
    'a reference in braces, %s, is told with what to write',
    (reference) => {
      const flow = mistakesOf(swept(`  a: { tool: train-pytorch, in: { features: ${reference} } }`));
      expect(flow.short).toEqual(['WORKFLOW_YAML_INVALID 7:45']);
      expect(flow.all[0]!.mend).toContain('write $features.features');
      const block = mistakesOf(swept(`  a:\n    tool: train-pytorch\n    in:\n      features: ${reference}`));
      expect(block.short).toEqual(['WORKFLOW_REFERENCE_INVALID 10:17']);
      expect(block.all[0]!.mend).toContain('write $features.features');
    },
  );

  it('a step of two forms is told with what else is wrong in it', () => {
    const text = swept(
      '  a: { tool: extract-mfcc, choose: { from: $model.model, bye: $model.report.loss, max: true }, sweeep: { bands: [1] } }',
    );
    expect(mistakesOf(text).short).toEqual([
      'WORKFLOW_STEP_INVALID 7:3',
      'WORKFLOW_KEY_MISSING 7:36',
      'WORKFLOW_KEY_UNKNOWN 7:58',
      'WORKFLOW_KEY_UNKNOWN 7:96',
    ]);
  });
});
