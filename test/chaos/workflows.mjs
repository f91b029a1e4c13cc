// Small workflows of real jobs, each with the end that it must come to whatever happens meanwhile.
import { between } from './random.mjs';

/** Failing workflows among all, and those that share their jobs with the one before. */
const FAILING = 0.15;
const SHARING = 0.25;

/**
 * A sweep, its sum, and a chain behind it. Every tenth value or so is asked for by several workflows, which then share the job.
 * @returns text, the state that the run must end in, and the value of each step's report by item name
 */
export function makeWorkflow(number, random) {
  const salt = random() < SHARING ? Math.max(0, number - 1) : number;
  const isFailing = random() < FAILING;
  const values = Array.from({ length: between(random, 2, 4) }, (_, n) => n + 1);
  const settings = `salt: ${salt}, pauseMs: ${between(random, 0, 8) * 50}, sizeKb: ${between(random, 0, 3) * 64}`;
  const sum = values.reduce((total, value) => total + value, 0);
  const lines = [
    `name: chaos-${number}`,
    'steps:',
    `  many: { tool: add-values, with: { ${settings} }, sweep: { value: [${values.join(', ')}] } }`,
    `  sum: { tool: add-values, in: { all: { all: $many.report } }, with: { salt: ${salt}, value: 0 } }`,
    `  more: { tool: add-values, in: { all: { all: $sum.report } }, with: { salt: ${salt}, value: 1000, fail: ${isFailing} } }`,
  ];
  const expected = new Map([['sum', sum]]);
  if (!isFailing) expected.set('more', sum + 1000);
  return { number, text: `${lines.join('\n')}\n`, state: isFailing ? 'failed' : 'succeeded', expected };
}
