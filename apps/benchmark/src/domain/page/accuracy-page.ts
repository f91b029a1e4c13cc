import type { AccuracyReport, Proportion } from '@sedge/artifact-contracts';
import {
  bytes,
  count,
  escapeText,
  figure,
  intervalPlot,
  matrixPlot,
  percent,
  renderPage,
  renderTable,
  type Section,
  type Tile,
} from '@sedge/report-page';
import { commonMistakes } from '../confusion.js';
import { differenceFromPaper, PAPER_NETS } from '../paper-table.js';

const NAMED_MISTAKES = 6;

/** The page of an accuracy report. */
export function accuracyPage(report: AccuracyReport): string {
  return renderPage({
    title: report.title,
    subtitle: `${count(report.top1.n)} clips of the ${escapeText(report.split)} split${report.split === 'test' ? ', which training never saw' : ''}; run by ${escapeText(report.engine)}`,
    tiles: tilesOf(report),
    sections: [perClass(report), confusion(report), table(report), ...besideThePaper(report)],
    footnotes: [
      escapeText(report.intervals),
      'Recall: of the clips of a class, the share that was recognized. Precision: of the clips taken for a class, the share that was right.',
    ],
  });
}

const span = ({ low, high }: Proportion): string => `${percent(low)} to ${percent(high)}`;

function tilesOf(report: AccuracyReport): Tile[] {
  const judged = report.perClass.filter((each) => each.recall.n > 0);
  const worst = judged.reduce((a, b) => (b.recall.value < a.recall.value ? b : a), judged[0]!);
  const tiles: Tile[] = [
    { label: 'Recognized (top-1)', value: percent(report.top1.value), note: `95 % interval ${span(report.top1)}` },
    { label: 'Clips', value: count(report.top1.n), note: `${report.classes.length} classes` },
    {
      label: 'Hardest class',
      value: escapeText(worst.name),
      note: `${percent(worst.recall.value)} of ${worst.recall.n}`,
    },
  ];
  const model = report.model ?? {};
  if (typeof model['parameters'] === 'number') {
    const size = typeof model['sizeBytes'] === 'number' ? `${bytes(model['sizeBytes'])} as ONNX` : 'trained numbers';
    tiles.push({ label: 'Parameters', value: count(model['parameters']), note: size });
  }
  return tiles;
}

function perClass({ perClass: classes, top1 }: AccuracyReport): Section {
  const rows = classes.map(({ name, recall }) => ({
    label: name,
    ...recall,
    text: recall.n === 0 ? 'no clips' : `${percent(recall.value)} of ${recall.n}`,
  }));
  const low = Math.min(...rows.map((row) => row.low), top1.low);
  const plot = intervalPlot({
    title: 'recognized clips per class',
    rows,
    low: Math.max(0, low - 0.02),
    high: 1,
    tick: (value) => percent(value, 0),
    reference: { value: top1.value, label: `all: ${percent(top1.value)}` },
  });
  const lead =
    'Dots are what was measured; bars are 95 % intervals. Where bars overlap widely, the order of the classes is chance.';
  return { heading: 'Which words are recognized', lead, body: plot };
}

function confusion({ classes, confusion: matrix }: AccuracyReport): Section {
  const mistakes = commonMistakes(matrix, NAMED_MISTAKES).map(
    ([said, heard, clips]) => `“${escapeText(classes[said]!)}” heard as “${escapeText(classes[heard]!)}” ${clips} ×`,
  );
  const most = mistakes.length === 0 ? 'There were no mistakes.' : `Most often: ${mistakes.join(', ')}.`;
  const lead = `Rows are what was said, columns what was heard. Blue is right, orange is wrong. ${most}`;
  return { heading: 'What is taken for what', lead, body: matrixPlot(classes, matrix) };
}

function table({ perClass: classes }: AccuracyReport): Section {
  const rows = classes.map(({ name, recall, precision }) => [
    escapeText(name),
    String(recall.n),
    percent(recall.value),
    span(recall),
    percent(precision.value),
    span(precision),
  ]);
  const head = ['class', 'clips', 'recall', '95 % interval', 'precision', '95 % interval'];
  return { heading: 'In figures', body: renderTable(head, rows) };
}

/** The published nets are about other recordings, so that they are shown beside the figures and not under one ranking. */
function besideThePaper({ model, top1, classes, split }: AccuracyReport): Section[] {
  const mfpops = model?.['mfpops'];
  const sizeBytes = model?.['sizeBytes'];
  if (typeof mfpops !== 'number' || typeof sizeBytes !== 'number') return [];
  const own = [
    '<b>this model</b>',
    `<b>${percent(top1.value)}</b>`,
    span(top1),
    mfpops.toFixed(1),
    figure(sizeBytes / 1000),
  ];
  const rows = PAPER_NETS.map((net) => {
    const share = net.accuracyPercent / 100;
    return [escapeText(net.name), percent(share), '', net.mfpops.toFixed(1), figure(net.kilobytes)];
  });
  const difference = differenceFromPaper(classes, split, top1.n);
  const lead =
    'Networks of the keyword-spotting study (Speech Commands v0.01, ten words, 2,567 test clips). ' +
    (difference === null
      ? 'This is the same task, as far as words and number of test clips tell.'
      : `This is another task: ${escapeText(difference)}; accuracies can’t be compared, operations and size can.`);
  const head = ['network', 'accuracy', '95 % interval', 'MFP-ops', 'KB'];
  return [{ heading: 'Beside the published networks', lead, body: renderTable(head, [own, ...rows]) }];
}
