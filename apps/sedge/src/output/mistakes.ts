import { dim } from './terminal.js';

interface Mistake {
  message: string;
  mend: string;
  place: { file: string; line: number; column: number };
}

/** The mistakes of a workflow as `file:line:column message`, each with its mend below; null where the details are none. */
export function mistakesText(details: unknown): string | null {
  const mistakes = (details as { mistakes?: unknown } | null | undefined)?.mistakes;
  if (!Array.isArray(mistakes) || mistakes.length === 0) return null;
  return (mistakes as Mistake[])
    .map(({ message, mend, place }) => `  ${placeText(place)} ${message}\n      ${dim(mend)}`)
    .join('\n');
}

/** A value from the command line has no line to be found by. */
function placeText({ file, line, column }: Mistake['place']): string {
  return file.startsWith('--') ? `${file}:` : `${file}:${line}:${column}`;
}
