import { bytes, count, escapeText, percent, renderPage, renderTable, type Section } from '@sedge/report-page';

/** A layer as LNE reports it. */
export interface ReportedLayer {
  layer: string;
  op: string;
  primitive: string;
  multiplyAdds: number;
  resultBytes: number;
  layout: string;
}

/** What the page shows of a footprint. */
export interface FootprintFigures {
  arenaBytes: number;
  arenaLowerBoundBytes: number;
  weightsBytes: number;
  multiplyAdds: number;
  /** arena by its lower bound; 1 is the best there is */
  arenaShare: number;
}

/** The page of a footprint report: what the program needs, and which layers it goes to. */
export function footprintPage(figures: FootprintFigures, layers: readonly ReportedLayer[], target: string): string {
  const { arenaBytes, arenaLowerBoundBytes, weightsBytes, multiplyAdds, arenaShare } = figures;
  return renderPage({
    title: 'Footprint of the network',
    subtitle: `${layers.length} layers for ${escapeText(target)}`,
    tiles: [
      { label: 'Arena', value: bytes(arenaBytes), note: `no plan needs less than ${bytes(arenaLowerBoundBytes)}` },
      { label: 'Weights', value: bytes(weightsBytes) },
      { label: 'Multiply-adds', value: count(multiplyAdds), note: 'for one run' },
      { label: 'Arena by its bound', value: arenaShare.toFixed(3), note: '1 is the best there is' },
    ],
    sections: [layerSection(layers, multiplyAdds)],
    footnotes: [
      'The arena holds all tensors between layers, and what kernels need while they run; its bound is what lives at once in the fullest moment of the chosen order.',
      'Nothing here was timed: the figures follow from the plan and are the same anywhere.',
    ],
  });
}

function layerSection(layers: readonly ReportedLayer[], multiplyAdds: number): Section {
  const rows = layers.map((layer) => [
    escapeText(layer.layer),
    escapeText(layer.op),
    escapeText(layer.primitive),
    count(layer.multiplyAdds),
    multiplyAdds === 0 ? '' : percent(layer.multiplyAdds / multiplyAdds),
    bytes(layer.resultBytes),
    escapeText(layer.layout),
  ]);
  return {
    heading: 'Layers',
    lead: 'In the order in which they run, each with the kernel that was chosen for it.',
    body: renderTable(['layer', 'operator', 'kernel', 'multiply-adds', 'share', 'result', 'layout'], rows),
  };
}
