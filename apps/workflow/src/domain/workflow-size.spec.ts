import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../../test/mistakes-of.js';
import { compileSample } from '../../test/sample-tools.js';

const HEAD = `name: w
inputs: { data: { from: /x } }
`;
const FIRST = '  speech: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: [a] } }\n';

const numbers = (count: number): string => `[${Array.from({ length: count }, (_, index) => index + 1).join(', ')}]`;
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `  ${line(index)}\n`).join('');

/** Of what is far slower with a mistake of the kind that is tested: seconds there, minutes without the bound. */
const GENEROUS_MS = 20_000;

function timed<T>(work: () => T): { result: T; ms: number } {
  const from = performance.now();
  const result = work();
  return { result, ms: performance.now() - from };
}

describe('aliases', () => {
  const levels = (count: number): string => {
    const names = [...'abcdefgh'].slice(0, count);
    const lists = names.map((name, level) => {
      const items = Array.from({ length: 10 }, () => (level === 0 ? 'x' : `*${names[level - 1]}`));
      return `  ${name}: &${name} [${items.join(', ')}]\n`;
    });
    return `${HEAD}parameters:\n${lists.join('')}steps:\n${FIRST}`;
  };

  it('repeat as much as sweeps need', () => {
    expect(mistakesOf(levels(4)).short).toEqual([]);
  });

  it('that multiply are refused at the first one too many, with one mistake for all', () => {
    for (const count of [6, 7, 8]) {
      const { all, short } = mistakesOf(levels(count));
      expect(short).toEqual([expect.stringMatching(/^WORKFLOW_YAML_INVALID 8:\d+$/)]);
      expect(all[0]!.message).toBe('this is not usable YAML: its aliases repeat more than 100000 values');
    }
  });

  it('that --set gives count together', () => {
    const text = `name: w\nparameters:\n${lines(40, (index) => `p${index}: [1]`)}steps:\n`;
    const value = `[&a ${numbers(100)}, ${Array.from({ length: 100 }, () => '*a').join(', ')}]`;
    const set = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, value]));
    const { all } = mistakesOf(text, set);
    expect(all.some(({ message }) => message.includes('aliases repeat more than'))).toBe(true);
  });

  it('mean the last anchor of their name before them, inside of what is repeated too', () => {
    const compiled = compileSample(`${HEAD}parameters:
  one: &x a
  two: &list [*x]
  other: &x b
steps:
  first: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: *list } }
  second: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: [*x] } }
`);
    const steps = 'workflow' in compiled ? compiled.workflow.steps : [];
    expect(steps.map((step) => step.kind === 'tool' && step.parameters['words'])).toEqual([false, ['a'], ['b']]);
  });

  it('take no longer than what they stand for, in a long text as well', () => {
    const text = (uses: string): string =>
      `${HEAD}parameters:\n  one: &a 1\n  list: ${numbers(20_000)}\n  uses: [${Array.from({ length: 3000 }, () => uses).join(', ')}]\nsteps:\n${FIRST}`;
    timed(() => mistakesOf(text('1')));
    const plain = timed(() => mistakesOf(text('1')));
    const aliased = timed(() => mistakesOf(text('*a')));
    expect(aliased.result.short).toEqual([]);
    // Walking the text once for each alias takes some twenty times as long.
    expect(aliased.ms).toBeLessThan(Math.max(1000, 6 * plain.ms));
  });
});

describe('a workflow that grows while it is compiled', () => {
  it('is refused by the number of its steps before they are looked at', () => {
    const text = `${HEAD}steps:\n${lines(12, (index) => `s${index}: { tool: nonsense }`)}`;
    expect(mistakesOf(text, {}, 10).short).toEqual(['WORKFLOW_STEPS_TOO_MANY 14:3']);
  });

  const cases: [string, string, string][] = [
    [
      'a list that is given to each item of a long sweep',
      `parameters: { long: ${numbers(9000)} }\nsteps:\n${FIRST}  s: { tool: train-pytorch, in: { features: $speech }, with: { augmentation: $parameters.long }, sweep: { seed: $parameters.long } }\n`,
      'WORKFLOW_TOO_LARGE',
    ],
    [
      'many long sweeps',
      `parameters: { long: ${numbers(9000)} }\nsteps:\n${FIRST}${lines(2000, (index) => `s${index}: { tool: extract-mfcc, in: { dataset: $speech }, sweep: { bands: $parameters.long } }`)}`,
      'WORKFLOW_STEPS_TOO_MANY',
    ],
    [
      'many steps that read all items of a long sweep',
      `steps:\n${FIRST}  f: { tool: extract-mfcc, in: { dataset: $speech } }\n  m: { tool: train-pytorch, in: { features: $f }, sweep: { seed: ${numbers(3000)} } }\n${lines(3000, (index) => `s${index}: { tool: compare-models, in: { models: { all: $m.model } } }`)}`,
      'WORKFLOW_TOO_LARGE',
    ],
    [
      'a chain of steps each of which sweeps over one value',
      `steps:\n${FIRST}  f: { tool: extract-mfcc, in: { dataset: $speech } }\n  s0: { tool: train-pytorch, in: { features: $f } }\n${lines(2000, (index) => `s${index + 1}: { tool: train-pytorch, in: { features: $f }, with: { rate: $s${index}.report.x }, sweep: { seed: [1] } }`)}`,
      'WORKFLOW_SWEEP_INVALID',
    ],
    [
      'many uses of a long each',
      `steps:\n${FIRST}  s: { tool: train-pytorch, each: ${numbers(5000)}, with: { ${Array.from({ length: 5000 }, (_, index) => `a${index}: $each`).join(', ')} } }\n`,
      'WORKFLOW_TOO_LARGE',
    ],
  ];
  it.each(cases)('is refused: %s', (_, text, code) => {
    const { result, ms } = timed(() => mistakesOf(HEAD + text));
    expect(result.all.map((mistake) => mistake.code)).toContain(code);
    expect(ms).toBeLessThan(GENEROUS_MS);
  });

  it('with thousands of names that are near to none is searched once per mistake that is told', () => {
    const long = 'x'.repeat(40);
    const text = `${HEAD}steps:\n${lines(4000, (index) => `${long}${index}: { tool: extract-mfcc, in: { dataset: $y${long}${index} } }`)}`;
    const { result, ms } = timed(() => mistakesOf(text));
    expect(result.all).toHaveLength(200);
    expect(ms).toBeLessThan(GENEROUS_MS);
  });

  it('with thousands of circles is walked for some of them', () => {
    const text = `${HEAD}steps:\n${lines(4000, (index) => `s${index}: { tool: compare-models, in: { models: [$s${index + 1}.report, $s0.report] } }`)}`;
    const { result, ms } = timed(() => mistakesOf(text));
    expect(result.short.some((one) => one.startsWith('WORKFLOW_CYCLE'))).toBe(true);
    expect(ms).toBeLessThan(GENEROUS_MS);
  });
});
