import type { BuiltinTool } from '@sedge/tool-contracts';
import { SpeechCommandsLayout } from '../domain/speech-commands-layout.js';
import { INGEST_PROPERTIES, ingestParametersOf, namesProperty } from './ingest/ingest-parameters.js';
import { ingestRecordings } from './ingest/ingest-recordings.js';

/** Reads recordings in the layout of Speech Commands: a folder per word, speakers in the files' names. */
export const tool: BuiltinTool = {
  definition: {
    name: 'ingest-speech-commands',
    version: '1',
    stage: 'ingestion',
    summary:
      'Makes a data set of recordings in the layout of Speech Commands, split so that no speaker is in two splits.',
    inputs: { source: { kind: 'source', description: 'an archive (tar, tar.gz, zip) or folder' } },
    outputs: { dataset: { kind: 'dataset.audio' } },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        words: namesProperty('words to read, in the order of their labels; none for all that are there'),
        ...INGEST_PROPERTIES,
      },
    },
    resources: { cpu: 2, memoryMb: 1024, diskMb: 8000 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: 'ingest-speech-commands' },
  },
  async run(context) {
    const words = context.job.parameters['words'] as string[];
    const layout = new SpeechCommandsLayout(new Set(words));
    const parameters = ingestParametersOf(context.job.parameters);
    await ingestRecordings({ context, layout, parameters, classes: words });
  },
};
