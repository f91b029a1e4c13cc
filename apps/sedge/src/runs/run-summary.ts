import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AccuracyReport, EngineLatency, LatencyReport, Proportion } from '@sedge/artifact-contracts';
import { confusionTable } from '../output/confusion-table.js';
import { table } from '../output/table.js';
import { bold, dim, green, red, yellow } from '../output/terminal.js';
import { bytes, duration } from '../output/units.js';
import type { ReportOfRun, RunOutcome } from './run-outcome.js';

/** Reports beyond which only their figures are shown. */
const MOST_MATRICES = 2;

/** What a run came to, for people. */
export function runSummaryText(outcome: RunOutcome): string {
  const blocks = [
    headline(outcome),
    ...outcome.accuracy.map((report) => accuracyBlock(report, outcome.accuracy.length <= MOST_MATRICES)),
    ...outcome.latency.map(latencyBlock),
    ...(outcome.application || outcome.program ? [placesBlock(outcome)] : []),
  ];
  return `\n${blocks.join('\n\n')}`;
}

function headline({ workflow, state, durationMs, decisions, run, failures }: RunOutcome): string {
  const colour = state === 'succeeded' ? green : state === 'cancelled' ? yellow : red;
  const counts = Object.entries(decisions).map(([decision, count]) => `${count} ${decision}`);
  const time = durationMs === null ? '' : ` in ${duration(durationMs)}`;
  const failed = failures.length > 0 ? `; ${failures.length} failed` : '';
  return `${bold(workflow)} ${colour(state)}${time} (${counts.join(', ') || 'nothing ran'}${failed}), run ${run}`;
}

function accuracyBlock({ step, path, report }: ReportOfRun<AccuracyReport>, withMatrix: boolean): string {
  const line = `${bold('Accuracy')} (${step}): ${shareText(report.top1)} of ${report.top1.n} ${report.split} recordings recognized, ${report.engine}`;
  const matrix = `\n${confusionTable(report.classes, report.confusion)}\n(rows: what was said, columns: what was recognized)`;
  return [line, ...(withMatrix ? [matrix] : []), pageLine(path)].join('\n');
}

/** `86.3 % (95 % interval 84.1 to 88.2 %)` */
function shareText({ value, low, high }: Proportion): string {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return `${percent(value)} % (95 % interval ${percent(low)} to ${percent(high)} %)`;
}

function latencyBlock({ step, path, report }: ReportOfRun<LatencyReport>): string {
  const rows = report.engines.map((engine) => [engine.engine, medianText(engine), memoryText(engine)]);
  const ratios = report.ratios.map(
    ({ engine, peer, ratio }) =>
      `${engine} is ${ratio.value.toFixed(2)} × as fast as ${peer} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
  );
  const lines = [table(['engine', 'one run, median', 'memory'], rows), ...ratios, ...report.remarks, pageLine(path)];
  return [`${bold('Latency and memory')} (${step}), one core`, ...lines].join('\n');
}

const pageLine = (folder: string): string => dim(`page with plots: ${join(folder, 'report.html')}`);

function medianText({ medianMs }: EngineLatency): string {
  const { value, low, high } = medianMs;
  return `${value.toFixed(3)} ms (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

function memoryText({ memoryBytes }: EngineLatency): string {
  return Object.entries(memoryBytes)
    .map(([name, count]) => `${name} ${bytes(count)}`)
    .join(', ');
}

function placesBlock({ application, program }: RunOutcome): string {
  const lines = [
    ...(application ? [['Application', application.path, application.id]] : []),
    ...(program ? [['Program', join(program.path, 'app'), program.id]] : []),
  ].flatMap(([label, path, id]) => [`${bold(label!.padEnd(12))} ${path}`, `${' '.repeat(13)}${id}`]);
  if (application !== null && application.crossBuild !== null && program === null) {
    return [...lines, `${bold('Build it'.padEnd(12))} ${application.crossBuild}`].join('\n');
  }
  const predict = `npx sedge predict ${(program ?? application)!.path}`;
  const recordings = application === null ? null : recordingsOf(application.path);
  const tries =
    recordings === null
      ? [`${predict} YOUR-RECORDING.wav`]
      : [
          `${predict} ${join(recordings, '*.wav')}`,
          dim('recordings that the network never heard; or a WAV or FLAC file of yours'),
        ];
  return [...lines, ...tries.map((text, at) => `${bold((at === 0 ? 'Try it' : '').padEnd(12))} ${text}`)].join('\n');
}

/** Recordings that an application carries to be tried on. */
function recordingsOf(folder: string): string | null {
  const recordings = join(folder, 'recordings');
  return existsSync(recordings) ? recordings : null;
}
