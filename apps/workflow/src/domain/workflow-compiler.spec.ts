import { describe, expect, it } from 'vitest';
import { mistakesOf, swept } from '../../test/mistakes-of.js';
import { KEYWORD_SPOTTING, compileSample } from '../../test/sample-tools.js';
import type { CompiledWorkflow } from './compiled-workflow.js';
import { ItemGraph } from './item-graph.js';

function compiled(text: string, set: Record<string, unknown> = {}): CompiledWorkflow {
  const result = compileSample(text, set);
  if ('mistakes' in result) throw new Error(JSON.stringify(result.mistakes, null, 1));
  return result.workflow;
}

describe('a workflow without mistakes', () => {
  it('is compiled: words stay words, items multiply, a choice ends the sweep', () => {
    const workflow = compiled(KEYWORD_SPOTTING);
    const sizes = Object.fromEntries(workflow.steps.map((step) => [step.name, step.size]));
    expect(sizes).toEqual({
      'inputs.source': 1,
      speech: 1,
      features: 1,
      model: 3,
      accuracy: 3,
      best: 1,
      application: 1,
    });
    const speech = workflow.steps.find((step) => step.name === 'speech');
    expect(speech?.kind === 'tool' && speech.parameters['words']).toEqual([
      'yes',
      'no',
      'up',
      'down',
      'left',
      'right',
      'on',
      'off',
      'stop',
      'go',
    ]);
    expect(workflow.steps[0]).toMatchObject({ kind: 'input', from: '/data/project/speech-commands.tar.gz' });
  });

  it('takes parameters and the place of an input from --set', () => {
    const workflow = compiled(KEYWORD_SPOTTING, { words: '[a, on]', source: 'other.zip' });
    expect(workflow.steps[0]).toMatchObject({ from: '/home/user/other.zip' });
    expect(workflow.steps[1]).toMatchObject({ parameters: { words: ['a', 'on'] } });
  });

  it('keeps the order of a sweep with several keys, the last varying fastest', () => {
    const graph = new ItemGraph(compiled(swept('')));
    const model = graph.workflow.steps.find((step) => step.name === 'model')!;
    const labels = graph.itemsOf(model.index).map((item) => graph.labelOf(item));
    expect(labels).toEqual([
      'seed=1,rate=0.1',
      'seed=1,rate=0.2',
      'seed=1,rate=0.3',
      'seed=2,rate=0.1',
      'seed=2,rate=0.2',
      'seed=2,rate=0.3',
    ]);
  });

  it('joins two steps that read the same sweep item by item, and multiplies independent sweeps', () => {
    const text =
      swept(`  accuracy: { tool: benchmark-accuracy, in: { model: $model.model, features: $features.features } }
  other: { tool: extract-mfcc, in: { dataset: $speech.dataset }, sweep: { bands: [20, 40] } }
  cross: { tool: benchmark-accuracy, in: { model: $model.model, features: $other.features }, with: { threshold: $accuracy.report.top1 } }
`);
    const graph = new ItemGraph(compiled(text));
    const step = (name: string) => graph.workflow.steps.find((one) => one.name === name)!;
    expect(step('accuracy').size).toBe(6);
    expect(step('cross').size).toBe(12);
    const third = step('cross').firstItem + 3;
    expect(graph.labelOf(third)).toBe('seed=1,rate=0.2,bands=40');
    expect(graph.dependenciesOf(third).map((item) => `${graph.stepOf(item).name} ${graph.labelOf(item)}`)).toEqual([
      'model seed=1,rate=0.2',
      'accuracy seed=1,rate=0.2',
      'other bands=40',
    ]);
  });

  it('hands all items to one step, and a list', () => {
    const text = swept(`  table: { tool: compare-models, in: { models: { all: $model.model } } }
  pair: { tool: compare-models, in: { models: [$model.model, $model.model] } }
`);
    const graph = new ItemGraph(compiled(text));
    const table = graph.workflow.steps.find((step) => step.name === 'table')!;
    expect(table.size).toBe(1);
    expect(graph.inputsOf(table.firstItem)['models']).toHaveLength(6);
    expect(graph.workflow.steps.find((step) => step.name === 'pair')!.size).toBe(6);
  });

  it('maps a step over a list of values and of artifacts', () => {
    const text = swept(`  best: { choose: { from: $model.model, by: $model.report.loss, min: true } }
  plain: { tool: train-pytorch, in: { features: $features.features } }
  apps:
    tool: deploy-lne
    each: [{ model: $best, target: native }, { model: $plain.model, target: aarch64 }]
    in: { model: $each.model }
    with: { target: $each.target }
`);
    const graph = new ItemGraph(compiled(text));
    const apps = graph.workflow.steps.find((step) => step.name === 'apps')!;
    expect(graph.itemsOf(apps.index).map((item) => graph.labelOf(item))).toEqual(['target=native', 'target=aarch64']);
    const sources = graph.itemsOf(apps.index).map((item) => graph.stepOf(graph.dependenciesOf(item)[0]!).name);
    expect(sources).toEqual(['best', 'plain']);
  });

  it('waits for what somebody else publishes, once per item', () => {
    const text = swept('  review: { await: { kind: report.review, derivedFrom: $model.model, timeout: 90m } }\n');
    const review = compiled(text).steps.at(-1)!;
    expect(review).toMatchObject({ kind: 'await', size: 6, timeoutMs: 5_400_000, artifactKind: 'report.review' });
  });

  it('takes a chain of 10,000 steps', () => {
    const lines = ['name: chain', 'inputs: { data: { from: /x } }', 'steps:'];
    lines.push('  s: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: [a] } }');
    lines.push('  f0: { tool: extract-mfcc, in: { dataset: $s.dataset } }');
    lines.push('  m0: { tool: train-pytorch, in: { features: $f0.features } }');
    for (let index = 1; index < 10_000; index++) {
      lines.push(`  m${index}: { tool: compare-models, in: { models: [$m0.model] } }`);
    }
    expect(compiled(lines.join('\n')).itemCount).toBe(10_003);
  });
});

describe('a mistake is found with its place and a suggestion', () => {
  it.each<[string, string, string, string?]>([
    ['an unknown top-level key', `stpes: {}\n${swept('')}`, 'WORKFLOW_KEY_UNKNOWN 1:1', "did you mean 'steps'?"],
    ['a duplicate key', 'name: w\nname: v\nsteps: {}', 'WORKFLOW_KEY_DUPLICATE 2:1'],
    ['a key that is no text', 'name: w\nsteps: { 1: { tool: x } }', 'WORKFLOW_YAML_INVALID 2:10'],
    ['broken YAML', 'name: w\nsteps: { a: [ }', 'WORKFLOW_YAML_INVALID 2:15'],
    ['YAML 1.1', '%YAML 1.1\n---\nname: w\nsteps: {}', 'WORKFLOW_YAML_INVALID 1:1'],
    ['an alias in itself', 'name: w\nsteps: &a { b: *a }', 'WORKFLOW_YAML_INVALID 2:16'],
    ['a step of no form', 'name: w\nsteps:\n  a: { tol: x }', 'WORKFLOW_KEY_UNKNOWN 3:8', "did you mean 'tool'?"],
    [
      'an unknown tool',
      swept('  a: { tool: train-pytroch }'),
      'WORKFLOW_TOOL_UNKNOWN 7:14',
      "did you mean 'train-pytorch'?",
    ],
    [
      'an unknown version',
      swept('  a: { tool: deploy-lne@3, in: { model: $model.model } }'),
      'WORKFLOW_TOOL_VERSION_UNKNOWN 7:14',
      'there is deploy-lne@1.0, deploy-lne@0.9',
    ],
    [
      'an unknown step',
      swept('  a: { tool: deploy-lne, in: { model: $modle.model } }'),
      'WORKFLOW_REFERENCE_UNKNOWN 7:39',
      "did you mean 'model'?",
    ],
    [
      'an unknown input',
      swept('  a: { tool: ingest-speech-commands, in: { source: $inputs.dta }, with: { words: [a] } }'),
      'WORKFLOW_REFERENCE_UNKNOWN 7:52',
      "did you mean 'data'?",
    ],
    [
      'an unknown output',
      swept('  a: { tool: deploy-lne, in: { model: $model.modell } }'),
      'WORKFLOW_OUTPUT_UNKNOWN 7:39',
      "did you mean 'model'?",
    ],
    [
      'the short form of many outputs',
      swept('  a: { tool: deploy-lne, in: { model: $model } }'),
      'WORKFLOW_OUTPUT_UNKNOWN 7:39',
      'name one: $model.model, $model.report',
    ],
    [
      'a kind that does not fit',
      swept('  a: { tool: deploy-lne, in: { model: $features.features } }'),
      'WORKFLOW_KIND_MISMATCH 7:39',
    ],
    ['a missing input', swept('  a: { tool: deploy-lne }'), 'WORKFLOW_INPUT_MISSING 7:3'],
    [
      'an input that the tool lacks',
      swept('  a: { tool: deploy-lne, in: { model: $model.model, calibratoin: $features } }'),
      'WORKFLOW_INPUT_UNKNOWN 7:53',
      "did you mean 'calibration'?",
    ],
    [
      'a path under in',
      swept('  a: { tool: deploy-lne, in: { model: ./model.onnx } }'),
      'WORKFLOW_REFERENCE_INVALID 7:39',
    ],
    [
      'an unknown parameter',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { band: 3 } }'),
      'WORKFLOW_PARAMETER_UNKNOWN 7:62',
      "did you mean 'bands'?",
    ],
    [
      'a wrong type',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { bands: many } }'),
      'WORKFLOW_PARAMETER_INVALID 7:69',
    ],
    [
      'a value out of bounds, deep',
      swept('  a: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: [a, 3] } }'),
      'WORKFLOW_PARAMETER_INVALID 7:87',
    ],
    [
      'a value of none of several forms',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { topDb: loud } }'),
      'WORKFLOW_PARAMETER_INVALID 7:69',
    ],
    [
      'a word that is not among those allowed',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { padMode: reflekt } }'),
      'WORKFLOW_PARAMETER_INVALID 7:71',
      "did you mean 'reflect'?",
    ],
    [
      'a nested unknown key',
      swept('  a: { tool: train-pytorch, in: { features: $features }, with: { augmentation: { nois: 1 } } }'),
      'WORKFLOW_PARAMETER_UNKNOWN 7:82',
      "did you mean 'noise'?",
    ],
    [
      'a missing parameter',
      swept('  a: { tool: ingest-speech-commands, in: { source: $inputs.data } }'),
      'WORKFLOW_PARAMETER_MISSING 7:3',
    ],
    [
      'a bad value in a sweep',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, sweep: { bands: [1, 0, 2] } }'),
      'WORKFLOW_PARAMETER_INVALID 7:74',
    ],
    [
      'a sweep over nothing',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, sweep: { bands: [] } }'),
      'WORKFLOW_SWEEP_INVALID 7:70',
    ],
    [
      'a sweep over a step',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, sweep: { bands: $model.model } }'),
      'WORKFLOW_SWEEP_INVALID 7:70',
    ],
    [
      'a parameter in sweep and with',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { bands: 1 }, sweep: { bands: [2] } }'),
      'WORKFLOW_SWEEP_INVALID 7:83',
    ],
    [
      'each over no list',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, each: 3 }'),
      'WORKFLOW_EACH_INVALID 7:60',
    ],
    [
      '$each without each',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { bands: $each } }'),
      'WORKFLOW_EACH_INVALID 7:69',
    ],
    [
      'an entry that an item lacks',
      swept(
        '  a: { tool: extract-mfcc, in: { dataset: $speech }, each: [{ bands: 1 }, {}], with: { bands: $each.bands } }',
      ),
      'WORKFLOW_REFERENCE_UNKNOWN 7:95',
    ],
    [
      'one artifact where many are taken',
      swept('  a: { tool: compare-models, in: { models: $model.model } }'),
      'WORKFLOW_ALL_INVALID 7:44',
    ],
    [
      'many artifacts where one is taken',
      swept('  a: { tool: deploy-lne, in: { model: { all: $model.model } } }'),
      'WORKFLOW_ALL_INVALID 7:46',
    ],
    [
      'a choice from one thing',
      swept('  a: { choose: { from: $features, by: $model.report.loss, max: true } }'),
      'WORKFLOW_CHOOSE_INVALID 7:24',
    ],
    [
      'a choice by another sweep',
      swept(
        '  o: { tool: train-pytorch, in: { features: $features }, sweep: { seed: [1] } }\n  a: { choose: { from: $model.model, by: $o.report.loss, max: true } }',
      ),
      'WORKFLOW_CHOOSE_INVALID 8:42',
    ],
    [
      'a choice by an artifact',
      swept('  a: { choose: { from: $model.model, by: $model.report, max: true } }'),
      'WORKFLOW_REFERENCE_INVALID 7:42',
    ],
    [
      'a choice of no direction',
      swept('  a: { choose: { from: $model.model, by: $model.report.loss } }'),
      'WORKFLOW_CHOOSE_INVALID 7:16',
    ],
    [
      'an expectation that is code',
      swept(
        '  a: { tool: benchmark-accuracy, in: { model: $model.model, features: $features }, expect: ["top1 > top5"] }',
      ),
      'WORKFLOW_EXPECT_INVALID 7:93',
    ],
    [
      'an unknown metric',
      swept('  a: { tool: benchmark-accuracy, in: { model: $model.model, features: $features }, expect: [top2 > 1] }'),
      'WORKFLOW_METRIC_UNKNOWN 7:93',
      "did you mean 'top1'?",
    ],
    [
      'an unknown metric in a choice',
      swept(
        '  a: { tool: benchmark-accuracy, in: { model: $model.model, features: $features } }\n  b: { choose: { from: $model.model, by: $a.report.tpo1, max: true } }',
      ),
      'WORKFLOW_METRIC_UNKNOWN 8:42',
      "did you mean 'top1'?",
    ],
    [
      'retries of permanent failures',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, retry: { permanent: 3 } }'),
      'WORKFLOW_KEY_UNKNOWN 7:63',
    ],
    [
      'a timeout without a unit',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, timeout: 90 }'),
      'WORKFLOW_VALUE_INVALID 7:63',
    ],
    ['an await without its kind', swept('  a: { await: { derivedFrom: $model.model } }'), 'WORKFLOW_KEY_MISSING 7:15'],
    [
      'an artifact as a parameter',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { bands: $model.model } }'),
      'WORKFLOW_REFERENCE_INVALID 7:69',
    ],
    [
      'a metric as an input',
      swept('  a: { tool: deploy-lne, in: { model: $model.report.loss } }'),
      'WORKFLOW_REFERENCE_INVALID 7:39',
    ],
    [
      'a parameter of a parameter',
      'name: w\nparameters: { a: 1, b: $parameters.a }\nsteps: { x: { await: { kind: k, derivedFrom: $inputs.i } } }\ninputs: { i: { from: /x } }',
      'WORKFLOW_REFERENCE_INVALID 2:24',
    ],
    [
      'a name that is taken',
      'name: w\ninputs: { a: { from: /x } }\nparameters: { a: 1 }\nsteps: { x: { await: { kind: k, derivedFrom: $inputs.a } } }',
      'WORKFLOW_NAME_TAKEN 3:15',
    ],
    ['a reserved name', swept('  each: { tool: extract-mfcc, in: { dataset: $speech } }'), 'WORKFLOW_NAME_INVALID 7:3'],
    [
      'a name of several lines',
      'name: "two\\nlines"\ninputs: { a: { from: /x } }\nsteps: { x: { await: { kind: k, derivedFrom: $inputs.a } } }',
      'WORKFLOW_VALUE_INVALID 1:7',
      'one line',
    ],
    [
      'an input from nowhere',
      'name: w\ninputs: { a: }\nsteps: { x: { await: { kind: k, derivedFrom: $inputs.a } } }',
      'WORKFLOW_INPUT_UNSET 2:11',
    ],
    [
      'a wrong checksum',
      'name: w\ninputs: { a: { from: /x, sha256: abc } }\nsteps: { x: { await: { kind: k, derivedFrom: $inputs.a } } }',
      'WORKFLOW_VALUE_INVALID 2:34',
    ],
    [
      'a number that no text can keep',
      swept('  a: { tool: extract-mfcc, in: { dataset: $speech }, with: { bands: .nan } }'),
      'WORKFLOW_YAML_INVALID 7:69',
    ],
  ])('%s', (_, text, expected, mend) => {
    const { short, all } = mistakesOf(text);
    expect(short).toEqual(expected === '' ? [] : [expected]);
    if (mend) expect(all[0]!.mend).toContain(mend);
  });

  it('a circle is named whole', () => {
    const text = `name: w
steps:
  a: { tool: compare-models, in: { models: [$b.report] } }
  b: { tool: compare-models, in: { models: [$c.report] } }
  c: { tool: compare-models, in: { models: [$a.report] } }`;
    const { all } = mistakesOf(text);
    expect(all[0]!.code).toBe('WORKFLOW_CYCLE');
    expect(all[0]!.message).toContain('a → b → c → a');
  });

  it('what --set names must be there, and fit', () => {
    const { short, all } = mistakesOf(KEYWORD_SPOTTING, { wrods: '[a]' });
    expect(short).toEqual(['WORKFLOW_SET_UNKNOWN 1:1']);
    expect(all[0]).toMatchObject({ mend: "did you mean 'words'?", place: { file: '--set wrods' } });
    const [mistake] = mistakesOf(KEYWORD_SPOTTING, { words: '3' }).all;
    expect(mistake).toMatchObject({ code: 'WORKFLOW_PARAMETER_INVALID', place: { file: '--set words', line: 1 } });
  });

  it('all of them are told at once, in the order of the file', () => {
    const text = KEYWORD_SPOTTING.replace('bands: 40', 'bandz: 40')
      .replace('$best,', '$bets,')
      .replace('top1 >= 0.85', 'top1 => 1');
    expect(mistakesOf(text).short).toEqual([
      'WORKFLOW_PARAMETER_UNKNOWN 14:62',
      'WORKFLOW_EXPECT_INVALID 23:14',
      'WORKFLOW_REFERENCE_UNKNOWN 28:18',
    ]);
  });

  it('too many steps are refused, huge sweeps before they are laid out', () => {
    const list = `[${Array.from({ length: 1000 }, (_, index) => index + 1).join(', ')}]`;
    const text = swept(
      `  a: { tool: extract-mfcc, in: { dataset: $speech }, sweep: { bands: ${list}, frameMs: ${list}, strideMs: ${list}, sampleRateHz: ${list} } }`,
    );
    expect(mistakesOf(text).short).toEqual(['WORKFLOW_STEPS_TOO_MANY 7:3']);
    expect(mistakesOf(KEYWORD_SPOTTING, {}, 5).short[0]).toContain('WORKFLOW_STEPS_TOO_MANY');
  });

  it('deep nesting is refused, not overflowed', () => {
    expect(mistakesOf('['.repeat(100_000)).short[0]).toContain('WORKFLOW_YAML_INVALID');
    expect(
      mistakesOf(`name: w\nparameters: { a: ${'['.repeat(100)}${']'.repeat(100)} }\nsteps: {}`).short[0],
    ).toContain('WORKFLOW_YAML_INVALID');
  });
});
