/** One clip: what it is, and what was heard. */
export interface Prediction {
  id: string;
  label: string;
  predicted: string;
  /** share of the winner, 0 to 1 */
  score: number;
}

/** Predictions as RFC 4180 CSV, so that each mistake can be looked up and listened to. */
export function predictionsCsv(predictions: readonly Prediction[]): string {
  const rows = predictions.map(({ id, label, predicted, score }) =>
    [id, label, predicted, score.toFixed(4)].map(cell).join(','),
  );
  return ['id,label,predicted,score', ...rows, ''].join('\r\n');
}

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
