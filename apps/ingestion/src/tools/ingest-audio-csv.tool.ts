import type { BuiltinTool } from '@sedge/tool-contracts';
import { CsvLayout, CsvProblem, type CsvColumns } from '../domain/csv-layout.js';
import { refusal } from '../errors.js';
import { INGEST_PROPERTIES, ingestParametersOf, namesProperty } from './ingest/ingest-parameters.js';
import { ingestRecordings } from './ingest/ingest-recordings.js';

const column = (name: string, description: string): Record<string, unknown> => ({
  type: 'string',
  minLength: 1,
  default: name,
  description,
});

/** Reads recordings that a CSV file names and labels. */
export const tool: BuiltinTool = {
  definition: {
    name: 'ingest-audio-csv',
    version: '1',
    stage: 'ingestion',
    summary: 'Makes a data set of recordings that a CSV file names and labels.',
    inputs: { source: { kind: 'source', description: 'an archive (tar, tar.gz, zip) or folder' } },
    outputs: { dataset: { kind: 'dataset.audio' } },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        csv: { type: 'string', default: '', description: 'the CSV file in the source; empty where it holds only one' },
        fileColumn: column('file', 'the column with the path of the recording, from the CSV file or the root'),
        labelColumn: column('label', 'the column with the class'),
        speakerColumn: column('speaker', 'the column with the speaker, if there is one'),
        splitColumn: column('split', 'the column with the split, if there is one: train, validation or test'),
        classes: namesProperty('classes in the order of their labels; none for all that are there'),
        ...INGEST_PROPERTIES,
      },
    },
    resources: { cpu: 2, memoryMb: 1024, diskMb: 8000 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: 'ingest-audio-csv' },
  },
  async run(context) {
    const given = context.job.parameters as Record<string, string> & { classes: string[] };
    const columns: CsvColumns = {
      file: given['fileColumn']!,
      label: given['labelColumn']!,
      speaker: given['speakerColumn']!,
      split: given['splitColumn']!,
    };
    const layout = new CsvLayout(given['csv']!, columns, new Set(given.classes));
    const parameters = ingestParametersOf(context.job.parameters);
    try {
      await ingestRecordings({ context, layout, parameters, classes: given.classes });
    } catch (error) {
      throw error instanceof CsvProblem ? refusalOf(error) : error;
    }
  },
};

function refusalOf({ problem }: CsvProblem): Error {
  if (problem.is === 'absent') return refusal('INGESTION_CSV_ABSENT', { file: problem.file });
  if (problem.is === 'broken') return refusal('INGESTION_CSV_BROKEN', { file: problem.file, reason: problem.reason });
  const { file, column: name, columns } = problem;
  return refusal('INGESTION_CSV_COLUMN', { file, column: name, columns });
}
